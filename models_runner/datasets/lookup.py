"""Find datasets by name; an unknown name raises an error that lists the known ones."""

from lib.names import AmbiguousNameError, ByName, normal_form
from models_runner.models import Dataset


class UnknownDatasetError(LookupError):
    def __init__(self, name: str) -> None:
        names = ", ".join(Dataset.objects.values_list("name", flat=True)) or "none yet; import one with import_dataset"
        super().__init__(f"There is no dataset {name!r}. Known datasets: {names}.")


def find_dataset(name: str) -> Dataset:
    dataset = Dataset.objects.filter(name=normal_form(name)).first()
    if dataset is None:
        raise UnknownDatasetError(name)
    return dataset


def stored_split(dataset: Dataset, split: str) -> str:
    """Return a split's name as the dataset has it; one that it has not is returned in its normal form."""
    names = dataset.documents.order_by().values_list("split", flat=True).distinct()
    try:
        return ByName((name, name) for name in names).stored_name(split) or normal_form(split)
    except AmbiguousNameError:
        return split
