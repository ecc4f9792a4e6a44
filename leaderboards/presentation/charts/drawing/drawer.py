"""Draw charts for another process: python drawer.py reads requests from its input until that ends.

A process of its own, because the engine's hundred megabytes stay with whoever loads it. Imports nothing of ours.

A request is the length of a JSON text in eight bytes, and the text: the name of a function of vl-convert, the spec, the
options. An answer is "+" or "-", the length of what follows, and the picture or the reason why there is none.
"""

import json
import sys
from struct import Struct
from typing import BinaryIO

LENGTH = Struct(">Q")


def draw(request: bytes) -> bytes:
    import vl_convert

    function, spec, options = json.loads(request)
    made = getattr(vl_convert, function)(spec, **options)
    return made.encode() if isinstance(made, str) else bytes(made)


def serve(asked: BinaryIO, told: BinaryIO) -> None:
    while len(head := asked.read(LENGTH.size)) == LENGTH.size:
        request = asked.read(LENGTH.unpack(head)[0])
        try:
            sign, answer = b"+", draw(request)
        except Exception as error:
            sign, answer = b"-", f"{type(error).__name__}: {error}".encode()
        told.write(sign + LENGTH.pack(len(answer)) + answer)
        told.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
