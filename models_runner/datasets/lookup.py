"""Find datasets by name; an unknown name raises an error that lists the known ones."""

from models_runner.models import Dataset


class UnknownDatasetError(LookupError):
    def __init__(self, name: str) -> None:
        names = ", ".join(Dataset.objects.values_list("name", flat=True)) or "none yet; import one with import_dataset"
        super().__init__(f"There is no dataset {name!r}. Known datasets: {names}.")


def find_dataset(name: str) -> Dataset:
    dataset = Dataset.objects.filter(name=name).first()
    if dataset is None:
        raise UnknownDatasetError(name)
    return dataset
