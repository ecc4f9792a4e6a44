"""Skip training steps whose gradient is not finite, and end the training after many of them in a row."""

from typing import Any

from models_runner.adapters.protocol import AdapterError

MOST_IN_A_ROW = 10


class DivergedError(AdapterError):
    """The loss stays NaN or infinite; the message says what to try."""


def skip_broken_steps() -> Any:
    """Return a callback for the trainer; its attribute `skipped` counts the steps that changed no weight.

    Otherwise a single batch whose gradient is not finite (an overflow in bfloat16, for example) would turn every weight
    into NaN.
    """
    import torch
    from transformers import TrainerCallback

    class SkipBrokenSteps(TrainerCallback):
        skipped = in_a_row = 0

        def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
            gradients = [weights.grad for weights in model.parameters() if weights.grad is not None]
            if torch.isfinite(torch.nn.utils.get_total_norm(gradients)):
                self.in_a_row = 0
                return
            # The optimizer does not change weights without a gradient.
            model.zero_grad(set_to_none=True)
            self.skipped += 1
            self.in_a_row += 1
            if self.in_a_row >= MOST_IN_A_ROW:
                raise DivergedError(_explained(state.global_step, args))

    return SkipBrokenSteps()


def _explained(step: int, args: Any) -> str:
    return (
        f"The loss was no number in {MOST_IN_A_ROW} steps running, up to step {step}; they changed nothing. Start "
        f"again with a learning rate below {args.learning_rate:g}, or with another batch size than "
        f"{args.per_device_train_batch_size}; or resume: it goes on from the last checkpoint."
    )
