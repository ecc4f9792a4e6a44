"""Load one transformers model as its engine record says: plan it, read the weights, put them where they belong."""

from typing import Any

from models_runner.adapters.architectures.encoder_decoders import output_window
from models_runner.adapters.loading.formats import check_attention, load_arguments, weight_format
from models_runner.adapters.loading.plan import LoadingPlan, LoadRequest, planned
from models_runner.adapters.loading.settings import CPU, check_loading_settings
from models_runner.adapters.protocol import AdapterError, SystemSpec

# Where neither the record nor the model says how much an encoder-decoder writes at most.
WRITTEN = 1024


class Loader:
    """Loads one model.

    Attributes:
        device: Where its inputs go, as torch names it.
        gpus: The numbers of the GPUs that it lies on.

    Raises:
        AdapterError: A setting is wrong, or does not go with the checkpoint or this machine.
    """

    def __init__(self, spec: SystemSpec, config: Any, dtype: str, device: str, batch_size: int) -> None:
        import torch

        check_loading_settings(spec.engine)
        check_attention(spec.engine, device, dtype, spec.slug)
        self.torch, self.spec, self.config, self.device, self.batch_size = torch, spec, config, device, batch_size
        self.dtype = getattr(torch, dtype)
        self.held = weight_format(config, spec.engine, dtype, spec.slug)
        self.device_map: dict[str, int | str] | None = None
        self.gpus: list[int] = []

    def plan(self, kind: Any, window: int) -> LoadingPlan:
        """Return the plan, which has been said in the log. Raises DoesNotFitError."""
        wish = LoadRequest(self.spec, self.held, self.dtype, self.device, window, self._written(), self.batch_size)
        plan = planned(wish, self._unloaded(kind), self.config)
        self.device_map = plan.device_map
        return plan

    def check_mergeable(self) -> None:
        """Refuse to add a PEFT adapter's matrices into packed weights. Raises AdapterError."""
        if self.held.quantized:
            raise AdapterError(
                f"System {self.spec.slug} is a PEFT adapter, and its base would be held as {self.held.name}, into "
                "which it cannot be merged. Leave engine.quantization out, or name weights that are merged already."
            )

    def _written(self) -> int:
        limit = self.spec.decoding.get("max_tokens")
        limits = list(limit.values()) if isinstance(limit, dict) else [limit]
        return max((n for n in limits if isinstance(n, int)), default=0) or output_window(self.config) or WRITTEN

    def _unloaded(self, kind: Any) -> Any:
        """Return the model without its weights, on the meta device. Raises AdapterError."""
        attention = self.spec.engine.get("attention")
        options = {"attn_implementation": attention} if attention else {}
        try:
            with self.torch.device("meta"):
                return kind.from_config(self.config, dtype=self.dtype, **options)
        except (ValueError, ImportError) as error:
            if not attention:
                raise
            reason = str(error).splitlines()[0][:200]
            raise AdapterError(
                f"System {self.spec.slug} asks for engine.attention {attention}, which its model does not have "
                f"({reason}). Use another, or leave it out."
            ) from error

    def load(self, kind: Any, source: str, **options: Any) -> Any:
        """Read the weights. Raises AdapterError if a package is missing; OSError, ValueError as transformers does."""
        arguments = load_arguments(self.held, self.spec.engine, self.dtype)
        if self.device_map is not None:
            arguments["device_map"] = self.device_map
        self.gpus = self._gpus()
        for gpu in self.gpus:
            self.torch.cuda.reset_peak_memory_stats(gpu)
        try:
            return kind.from_pretrained(source, dtype=self.dtype, **arguments, **options)
        except ImportError as error:
            raise AdapterError(f"System {self.spec.slug} cannot be loaded: {error}") from error

    def _gpus(self) -> list[int]:
        if self.device_map is not None:
            return sorted({key for key in self.device_map.values() if isinstance(key, int)})
        if not self.device.startswith("cuda"):
            return []
        return [int(self.torch.device(self.device).index or 0)]

    def put(self, model: Any) -> Any:
        """Return the loaded model, ready to write, on the device that it was planned for."""
        if self.device_map is None:
            return model.to(self.device).eval()
        # Inputs go where the model begins; from there it hands on its own numbers.
        begins = model.get_input_embeddings().weight.device
        self.device = CPU if begins.type == CPU else str(begins)
        return model.eval()
