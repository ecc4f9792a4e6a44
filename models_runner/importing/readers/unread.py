"""Files that people bring and that nothing here reads: what they are, and what to make of them first."""

import re
from dataclasses import dataclass

from models_runner.importing.files import SourceFile
from models_runner.importing.readers.archives import holds_member

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HTML = re.compile(r"\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
SCRIPT = re.compile(r"\s*\[Script Info\]")
XML = re.compile(r"\s*<\?xml\b|\s*<tt\b")
SOUND_OR_PICTURE = re.compile(
    rb"ID3|\xff[\xfb\xf3\xf2]|RIFF|OggS|fLaC|.{4}ftyp|\x1aE\xdf\xa3|\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\0\0\0\0", re.DOTALL
)
PACKED = re.compile(rb"\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf\x27\x1c|Rar!|.{257}ustar", re.DOTALL)
MOST_UNPRINTABLE = 0.02


@dataclass(frozen=True)
class Unread:
    """A kind of file, and what to do with it."""

    name: str
    advice: str

    def __str__(self) -> str:
        return f"is {self.name}, which is not read. {self.advice}"


_TEXT_OF_IT = "Copy its text into a .txt file, or save it as Word (.docx)."
PDF = Unread("a PDF", _TEXT_OF_IT)
RTF = Unread("rich text (RTF)", "Save it as plain text or as Word (.docx).")
PAGE = Unread("a web page (HTML)", _TEXT_OF_IT)
MARKUP = Unread(
    "XML of no corpus that is known here", "Export captions as WebVTT (.vtt) or SubRip (.srt), texts as .txt."
)
OLD_WORD = Unread("an old Word or Office file", "Save it as .docx, .xlsx or plain text.")
SLIDES = Unread("a presentation", _TEXT_OF_IT)
RECORDING = Unread(
    "sound, video or a picture", "Have it transcribed first, for example by Whisper, and import the text."
)
ARCHIVE = Unread("an archive other than .zip", "Unpack it, or pack it as .zip.")
SUBSTATION = Unread("captions as SubStation Alpha", "Export them as WebVTT (.vtt) or SubRip (.srt).")
UTF_16 = Unread("UTF-16 without a byte order mark", "Say --encoding utf-16-le (or utf-16-be), or convert it to UTF-8.")
WITH_NUL = Unread("text with NUL characters in it", "Remove them; no text may have them.")


def unread_kind(source: SourceFile) -> Unread | None:
    """Return what a file is, if it is of a kind that nothing here reads."""
    head = source.head
    if head.lstrip()[:5] == b"%PDF-":
        return PDF
    if PACKED.match(head):
        return ARCHIVE
    if SOUND_OR_PICTURE.match(head) and b"\0" in head:
        return RECORDING
    if head.startswith(OLE) and source.suffix != ".xls":
        return OLD_WORD
    if holds_member(source, "ppt/presentation.xml"):
        return SLIDES
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{\\rtf"):
        return RTF
    if SCRIPT.match(source.beginning):
        return SUBSTATION
    if HTML.match(source.beginning):
        return PAGE
    return MARKUP if XML.match(source.beginning) else None


def unreadable_text(source: SourceFile) -> Unread | None:
    """Tell why a file that almost is a text is none."""
    head = source.head
    if b"\0" not in head or source.encoding:
        return None
    if max(head[::2].count(0), head[1::2].count(0)) > 0.3 * len(head):
        return UTF_16
    beginning = source.beginning
    others = sum(
        (character < " " and character not in "\0\t\n\r\f\x1b") or character == "\ufffd" for character in beginning
    )
    return (
        WITH_NUL if others <= MOST_UNPRINTABLE * len(beginning) and beginning.count("\0") < len(beginning) / 2 else None
    )
