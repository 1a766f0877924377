"""Which language a sample is in and which way it runs, as far as its benchmark tells."""

import json
import re
from collections.abc import Iterable

#: Names by which tasks call a language: ISO 639-3, as FLORES has it, or a word.
_NAMES = {
    "amh": "am", "arabic": "ar", "arb": "ar", "ben": "bn", "chinese": "zh", "deu": "de",
    "ell": "el", "eng": "en", "english": "en", "ewe": "ee", "fra": "fr", "french": "fr",
    "gaz": "om", "hau": "ha", "heb": "he", "hebrew": "he", "hin": "hi", "ibo": "ig", "ind": "id",
    "ita": "it", "japanese": "ja", "jpn": "ja", "kin": "rw", "kor": "ko", "korean": "ko",
    "lin": "ln", "lug": "lg", "orm": "om", "persian": "fa", "pes": "fa", "por": "pt", "rus": "ru",
    "sna": "sn", "som": "so", "sot": "st", "spa": "es", "swa": "sw", "swahili": "sw", "swh": "sw",
    "tam": "ta", "tel": "te", "tha": "th", "tur": "tr", "twi": "tw", "urd": "ur", "urdu": "ur",
    "vie": "vi", "wol": "wo", "xho": "xh", "yor": "yo", "zho": "zh", "zul": "zu",
}  # fmt: skip
_RIGHT_TO_LEFT = frozenset({
    "acm", "acq", "aeb", "afb", "apc", "ar", "arq", "ars", "ary", "arz", "bcc", "bgn", "ckb",
    "dv", "fa", "he", "nqo", "pbt", "prs", "ps", "sd", "syr", "ug", "ur", "yi",
})  # fmt: skip
_SCRIPTS = frozenset({"Adlm", "Arab", "Hebr", "Nkoo", "Syrc", "Thaa"})
_HINTS = ("language", "lang", "locale", "dialect")
_PARTS = re.compile(r"[^\W_]+", re.ASCII)
_SCRIPT = re.compile(r"[A-Z][a-z]{3}")


def language_of(languages: Iterable[str], task: str, doc: str = "") -> str:
    """Return a BCP 47 tag, or nothing where it can't be told.

    Args:
        languages: the benchmark's; of several, the task's name or the document names one.
        task: by lm-eval's name.
        doc: the document as JSON, where it was read.
    """
    known = list(languages)
    named = _named(known, task) or next(filter(None, (_named(known, h) for h in _hints(doc))), "")
    return named or (known[0] if len(known) == 1 else "")


def direction_of(language: str) -> str:
    """Return `rtl` or `ltr`; `auto` for an unknown language, so that the text itself tells."""
    primary, *rest = language.split("-")
    if not primary:
        return "auto"
    script = next((part for part in rest if _SCRIPT.fullmatch(part)), None)
    right_to_left = script in _SCRIPTS if script else primary in _RIGHT_TO_LEFT
    return "rtl" if right_to_left else "ltr"


def _named(known: list[str], text: str) -> str:
    """Return the last of the known languages that a name holds, with the script behind it."""
    found, parts = "", _PARTS.findall(text)
    bare = {language.partition("-")[0]: language for language in known}
    for part, after in zip(parts, [*parts[1:], ""], strict=True):
        code = _NAMES.get(part.lower(), part.lower())
        if code in bare:
            scripted = _SCRIPT.fullmatch(after) and "-" not in bare[code]
            found = f"{code}-{after}" if scripted else bare[code]
    return found


def _hints(doc: str) -> list[str]:
    try:
        fields = json.loads(doc) if doc else None
    except (ValueError, RecursionError):
        return []
    found = [fields.get(name) for name in _HINTS] if isinstance(fields, dict) else []
    return [hint for hint in found if isinstance(hint, str)]
