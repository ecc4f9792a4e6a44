"""Find control tokens in plain text: what a tokenizer may take for a command of its template."""

import re

MOST = 10

# The families of control tokens that templates of today's models have.
_CONTROL = re.compile(
    r"<\|[^|<>\s]{1,40}\|>"  # ChatML, Llama 3, Phi, gpt-oss, GPT-2
    r"|<｜[^｜<>\s]{1,40}｜>"  # DeepSeek
    r"|<\|?(?:channel|turn|tool_call|tool_response)\|?>|<(?:channel|turn)\|>"  # Gemma 4
    r"|</?s>|<(?:bos|eos|pad|unk|mask|cls|sep)>|\[(?:CLS|SEP|MASK|PAD|UNK)\]"  # T5, Llama 2, BERT, Gemma
    r"|</?(?:start|end)_of_turn>|<(?:start|end)_of_(?:image|text)>|<extra_id_\d+>|<unused\d+>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|IMG|THINK)\]|<</?SYS>>"  # Mistral
    r"|</?think>|</?tool_call>|</?tool_response>|◁/?think▷"
)

# What ends a turn, and what begins the model's own, where a server leaves them in the text.
_MARK = r"<\|[^|<>\s]{1,40}\|>|<｜[^｜<>\s]{1,40}｜>"
_END = re.compile(rf"(?:\s*(?:{_MARK}|</s>|<eos>|<pad>|<end_of_turn>|<turn\|>|\[/INST\]))+\s*$")
_BEGIN = re.compile(
    r"^\s*(?:<s>|<bos>|<\|begin_of_text\|>|<\|im_start\|>\s*assistant\b|<\|start_header_id\|>\s*assistant\s*<\|end_header_id\|>"
    r"|<\|(?:assistant|message)\|>|<｜Assistant｜>|<start_of_turn>\s*model\b|\[/INST\]|\s)+"
)


def without_turn_marks(text: str) -> str:
    """Return an answer without the control tokens before and behind it, which name the model's family."""
    return _END.sub("", _BEGIN.sub("", text))


def control_tokens(text: str) -> tuple[str, ...]:
    """Return the control tokens that a text holds, each once, in order of appearance; at most ten."""
    return tuple(dict.fromkeys(_CONTROL.findall(text)))[:MOST]
