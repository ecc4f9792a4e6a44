"""Run an engine alone in its own process, without database, worker or the project's adapters.

    python -m benchmarks.parts.bare {xllamacpp,transformers} JOB.json ANSWER.json

JOB.json gives the `path` of a GGUF file, the `chats`, how many tokens to write for each (`max_new`), `threads`,
`window` and, for xllamacpp, `flash_attention`. ANSWER.json gets the `seconds` of all chats, without loading and a short
warm-up, and for each chat the tokens `read` and `written` and the `text`.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Chat = list[dict[str, str]]
Answer = dict[str, Any]
Ask = Callable[[Chat, int], Answer]

WARM_UP: Chat = [{"role": "user", "content": "Say hello."}]
WARM_UP_TOKENS = 4


def xllamacpp_engine(job: dict[str, Any]) -> Ask:
    from models_runner.adapters.llamacpp import load_library

    xllamacpp = load_library()

    params = xllamacpp.CommonParams()
    params.model.path = job["path"]
    params.n_parallel = 1
    params.n_ctx = job["window"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = job["threads"]
    params.verbosity = -1
    if not job["flash_attention"]:
        params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    server = xllamacpp.Server(params)
    settings = {"temperature": 0, "seed": 1, "cache_prompt": False, "ignore_eos": True}

    def ask(chat: Chat, max_new: int) -> Answer:
        answer = server.handle_chat_completions({"messages": chat, "max_tokens": max_new, **settings})
        if "error" in answer:
            raise RuntimeError(f"xllamacpp refused a prompt: {answer['error']}")
        usage = answer["usage"]
        return {
            "read": usage["prompt_tokens"],
            "written": usage["completion_tokens"],
            "text": answer["choices"][0]["message"]["content"],
        }

    return ask


def transformers_engine(job: dict[str, Any]) -> Ask:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(job["threads"])
    path = Path(job["path"])
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id

    def ask(chat: Chat, max_new: int) -> Answer:
        inputs = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_tensors="pt", return_dict=True)
        read = inputs["input_ids"].shape[1]
        limits = {"max_new_tokens": max_new, "min_new_tokens": max_new}
        with torch.inference_mode():
            row = model.generate(**inputs, **limits, do_sample=False, pad_token_id=pad)[0, read:]
        return {"read": read, "written": len(row), "text": tokenizer.decode(row, skip_special_tokens=True)}

    return ask


ENGINES = {"xllamacpp": xllamacpp_engine, "transformers": transformers_engine}


def main() -> None:
    engine, job_file, answer_file = sys.argv[1:]
    os.environ["HF_HUB_OFFLINE"] = "1"
    job = json.loads(Path(job_file).read_text())
    ask = ENGINES[engine](job)
    ask(WARM_UP, WARM_UP_TOKENS)
    started = time.perf_counter()
    answers = [ask(chat, job["max_new"]) for chat in job["chats"]]
    seconds = time.perf_counter() - started
    Path(answer_file).write_text(json.dumps({"seconds": seconds, "answers": answers}))


if __name__ == "__main__":
    main()
