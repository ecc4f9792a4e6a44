"""Finding things by the names people type, with an answer that helps when there is no such thing."""

from models_runner.models import Dataset


class UnknownDatasetError(LookupError):
    def __init__(self, name: str) -> None:
        known = ", ".join(Dataset.objects.values_list("name", flat=True)) or "none yet; import one with import_dataset"
        super().__init__(f"There is no dataset {name!r}. Known datasets: {known}.")


def find_dataset(name: str) -> Dataset:
    dataset = Dataset.objects.filter(name=name).first()
    if dataset is None:
        raise UnknownDatasetError(name)
    return dataset
