"""The devices of this machine and the memory that is free on each now."""

import gc
from dataclasses import dataclass


@dataclass(frozen=True)
class Device:
    """A GPU, or the processor with the machine's memory.

    Attributes:
        name: As torch names it: "cuda:0", "cpu".
        model: What is sold under, such as "NVIDIA H100 80GB HBM3"; "" for the processor.
        free: Bytes that can be taken now.
        total: Bytes in all.
    """

    name: str
    model: str
    free: int
    total: int

    @property
    def key(self) -> int | str:
        """The device in a device_map: the number of a GPU, or "cpu"."""
        return int(self.name.removeprefix("cuda:")) if self.name.startswith("cuda:") else self.name


def devices_here() -> list[Device]:
    """Return the GPUs in order, then the processor."""
    import psutil
    import torch

    gpus = []
    if torch.cuda.is_available():
        gc.collect()
        torch.cuda.empty_cache()  # what torch keeps of a system that was unloaded is free
        for number in range(torch.cuda.device_count()):
            free, total = torch.cuda.mem_get_info(number)
            gpus.append(Device(f"cuda:{number}", torch.cuda.get_device_name(number), free, total))
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    return [*gpus, Device("cpu", "", memory.available + swap.free, memory.total + swap.total)]
