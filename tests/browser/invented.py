"""What a site shows that is made to be looked at. All of it is invented."""

from typing import Any, NamedTuple


class Model(NamedTuple):
    """A model with how good it is; `reruns` are verdicts of whole reruns by others."""

    name: str
    billions: float
    licence: str
    languages: list[str]
    skill: float
    chat: bool = False
    reruns: tuple[str, ...] = ()


MODELS = (
    Model("harrow-lab/Plover-3B", 3.1, "apache-2.0", ["en", "fr", "sw"], 0.512, reruns=("R0",)),
    Model(
        "nyota-coop/Jahazi-2.4B", 2.4, "apache-2.0", ["sw", "en", "ha"], 0.506, reruns=("R1", "R0")
    ),
    Model("pelagos/Skerry-2.8B", 2.8, "mit", ["en", "es", "pt"], 0.502),
    Model("osier/Osier-1.7B-it", 1.7, "apache-2.0", ["en"], 0.486, chat=True, reruns=("R1",)),
    Model("thornfield/Quire-1.9B-it", 1.9, "llama3", ["en", "fr"], 0.471, chat=True),
    Model("umfula/Umfula-1.2B", 1.2, "apache-2.0", ["zu", "xh", "en"], 0.464, reruns=("R2",)),
    Model("costa-viva/Maré-1.4B-it", 1.4, "cc-by-4.0", ["pt", "es"], 0.449, chat=True),
    Model("tamarack-uni/Larch-1.5B", 1.5, "mit", ["en", "fr"], 0.443),
    Model("al-waha/نخلة-1.1B", 1.1, "apache-2.0", ["ar"], 0.438, reruns=("R0",)),
    Model("riverine/Oxbow-0.9B", 0.9, "apache-2.0", ["en", "id"], 0.422),
    Model(
        "harrow-lab/Plover-1B", 1.0, "apache-2.0", ["en", "fr", "sw"], 0.397, reruns=("diverged",)
    ),
    Model("tin-cup/Pewter-0.5B", 0.5, "", ["en"], 0.351),
    Model("osier/Osier-0.4B", 0.4, "apache-2.0", ["en"], 0.346),
    Model("mwangaza/Kanga-0.3B", 0.32, "cc-by-4.0", ["sw"], 0.331),
)
#: Name, title, documents, guessing, languages, licence.
BENCHMARKS: tuple[tuple[str, str, int, float, list[str], str], ...] = (
    ("arc", "ARC-C", 1172, 0.25, ["en"], "cc-by-sa-4.0"),
    ("hellaswag", "HellaSwag", 10042, 0.25, ["en"], "mit"),
    ("belebele", "Belebele", 5400, 0.25, ["en", "sw", "ar", "fr", "zu", "ha"], "cc-by-sa-4.0"),
    ("xcopa", "XCOPA", 5500, 0.5, ["sw", "id", "zh"], "cc-by-4.0"),
    ("sums", "GSM8K", 1319, 0.0, ["en"], "mit"),
    ("hesabu", "Hesabu za maneno", 600, 0.0, ["sw"], "cc0-1.0"),
    ("mafhum", "فهم المقروء", 900, 0.25, ["ar"], "cc-by-4.0"),
    ("noun-classes", "Ngeli za nomino", 480, 0.25, ["sw"], "cc0-1.0"),
)
CARD = """---
license: apache-2.0
language: [sw, en, ha]
---
# Jahazi 2.4B

A model for Kiswahili, Hausa and English, trained by a cooperative of eleven newsrooms.
"""
#: Questions with choices; the first is right.
QUESTIONS = (
    ("Neno lipi linapatana: kitabu ___ kizuri?", ("hiki", "hii", "huyu", "hizi")),
    ("Jumlisha ishirini na tatu na kumi na tisa.", ("42", "32", "41", "43")),
    ("ما جمع كلمة «كتاب»؟", ("كتب", "كاتب", "مكتبة", "كتابة")),
    ("Siku tatu baada ya Jumatatu ni siku gani?", ("Alhamisi", "Jumatano", "Ijumaa", "Jumapili")),
    ("What do you call the dry bed of a river?", ("a wadi", "a fjord", "a delta", "an atoll")),
    ("Mtu anayefundisha shuleni huitwaje?", ("mwalimu", "daktari", "mvuvi", "dereva")),
    ("Which of these boils first at sea level?", ("ethanol", "water", "mercury", "glycerol")),
    ("أيّ بحر يقع شرق مصر؟", ("البحر الأحمر", "بحر الصين", "بحر قزوين", "البحر الأسود")),
)  # fmt: skip
LOG = """12:04:31 fetched 7 files, 4.8 GB, every digest as pinned
12:05:02 plan: 8 tasks, 25,413 documents, 88,902 requests
12:05:09 smoke: ten documents through the whole path in 4.1 s
12:05:10 arc: unit 0:293 claimed
12:09:47 arc: 1,172 of 1,172 documents answered
12:09:48 hellaswag: unit 0:1256 claimed
12:21:30 hellaswag: 4,096 of 10,042 documents answered"""


def metadata(model: Model) -> dict[str, Any]:
    """Return what the model's card says for programs."""
    return {
        "language": model.languages,
        "license": [model.licence] if model.licence else [],
        "datasets": ["common-voice-text"],
    }
