"""Models behind a server that speaks the OpenAI protocol; may import the protocol of adapters and their texts."""

from models_runner.adapters.openai_api.engine import DEFAULTS as DEFAULTS
from models_runner.adapters.openai_api.engine import OpenAIEngine as OpenAIEngine
from models_runner.adapters.openai_api.engine import load as load
