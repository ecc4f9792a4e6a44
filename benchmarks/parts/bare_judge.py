"""Put questions to llama.cpp alone in its own process, without database, worker or the project's adapters.

    python -m benchmarks.parts.bare_judge JOB.json ANSWER.json

JOB.json gives the `path` of a GGUF file, `threads`, `window`, `flash_attention` and the `bodies` of the requests, as
the engine takes them. ANSWER.json gets the `seconds` of all of them, without loading and a short warm-up, and for each
the tokens `read`, those of them `cached`, and the `text`.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.parts.bare import WARM_UP, WARM_UP_TOKENS


def _server(job: dict[str, Any]) -> Any:
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
    return xllamacpp.Server(params)


def _ask(server: Any, body: dict[str, Any]) -> dict[str, Any]:
    answer = server.handle_chat_completions(body)
    if "error" in answer:
        raise RuntimeError(f"llama.cpp refused a question: {answer['error']}")
    usage, cached = answer["usage"], answer.get("timings", {}).get("cache_n", 0)
    return {"read": usage["prompt_tokens"], "cached": cached, "text": answer["choices"][0]["message"]["content"]}


def main() -> None:
    job_file, answer_file = sys.argv[1:]
    job = json.loads(Path(job_file).read_text())
    server = _server(job)
    _ask(server, {"messages": WARM_UP, "max_tokens": WARM_UP_TOKENS})
    started, used = time.perf_counter(), time.process_time()
    answers = [_ask(server, body) for body in job["bodies"]]
    times = {"seconds": time.perf_counter() - started, "core_seconds": time.process_time() - used}
    Path(answer_file).write_text(json.dumps(times | {"answers": answers}))


if __name__ == "__main__":
    main()
