# ruff: noqa: RUF001  other scripts have letters that look like Latin ones; that is what they are for
"""Names of languages: in the reader's language, and as those who speak them write them.

Django knows a hundred, translated. The rest of what benchmarks and cards name stands here, English
name and own name; where we aren't sure of the own name there is none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.conf.locale import LANG_INFO
from django.utils.translation import get_language_info, gettext
from django.utils.translation import gettext_lazy as _

from evaluations.bcp47 import normalised, wider

_MORE = {
    "ab": (_("Abkhaz"), "аԥсуа бызшәа"),
    "acm": (_("Mesopotamian Arabic"), "عراقي"),
    "acq": (_("Ta'izzi-Adeni Arabic"), ""),
    "aeb": (_("Tunisian Arabic"), "تونسي"),
    "afb": (_("Gulf Arabic"), "خليجي"),
    "ak": (_("Akan"), "Akan"),
    "aln": (_("Gheg Albanian"), "gegnisht"),
    "am": (_("Amharic"), "አማርኛ"),
    "apc": (_("Levantine Arabic"), "شامي"),
    "apu": (_("Apurinã"), ""),
    "aqz": (_("Akuntsu"), ""),
    "arq": (_("Algerian Arabic"), "دزيري"),
    "ars": (_("Najdi Arabic"), "نجدي"),
    "ary": (_("Moroccan Arabic"), "الدارجة"),
    "arz": (_("Egyptian Arabic"), "مصري"),
    "as": (_("Assamese"), "অসমীয়া"),
    "azz": (_("Highland Puebla Nahuatl"), ""),
    "bcc": (_("Southern Balochi"), "بلۏچی"),
    "bem": (_("Bemba"), "Ichibemba"),
    "bgc": (_("Haryanvi"), "हरियाणवी"),
    "bho": (_("Bhojpuri"), "भोजपुरी"),
    "bm": (_("Bambara"), "bamanankan"),
    "bo": (_("Tibetan"), "བོད་སྐད་"),
    "bor": (_("Borôro"), ""),
    "bra": (_("Braj"), "ब्रजभाषा"),
    "bua": (_("Buryat"), "буряад хэлэн"),
    "bxr": (_("Russia Buryat"), "буряад хэлэн"),
    "ceb": (_("Cebuano"), "Sinugboanon"),
    "cjk": (_("Chokwe"), "Chokwe"),
    "ckm": (_("Chakavian"), "čakavski"),
    "cls": (_("Classical Sanskrit"), ""),
    "cu": (_("Church Slavonic"), "словѣньскъ"),
    "dhd": (_("Dhundari"), ""),
    "dik": (_("Southwestern Dinka"), "Thuɔŋjäŋ"),
    "dyu": (_("Dyula"), "Julakan"),
    "ee": (_("Ewe"), "Eʋegbe"),
    "egy": (_("Egyptian, ancient"), ""),
    "ekp": (_("Ekpeye"), ""),
    "ff": (_("Fulah"), "Fulfulde"),
    "fil": (_("Filipino"), "Filipino"),
    "fo": (_("Faroese"), "føroyskt"),
    "fon": (_("Fon"), "fɔngbè"),
    "frm": (_("Middle French"), ""),
    "fro": (_("Old French"), ""),
    "fuv": (_("Nigerian Fulfulde"), "Fulfulde"),
    "gn": (_("Guarani"), "avañe'ẽ"),
    "got": (_("Gothic"), "𐌲𐌿𐍄𐌹𐍃𐌺"),
    "grc": (_("Ancient Greek"), "Ἑλληνική"),
    "gu": (_("Gujarati"), "ગુજરાતી"),
    "ha": (_("Hausa"), "Hausa"),
    "haw": (_("Hawaiian"), "ʻŌlelo Hawaiʻi"),
    "hbo": (_("Biblical Hebrew"), "עברית מקראית"),
    "hit": (_("Hittite"), ""),
    "ht": (_("Haitian Creole"), "kreyòl ayisyen"),
    "hyw": (_("Western Armenian"), "Արեւմտահայերէն"),
    "idu": (_("Idoma"), "Idoma"),
    "ilo": (_("Ilocano"), "Ilokano"),
    "iso": (_("Isoko"), "Isoko"),
    "jv": (_("Javanese"), "basa Jawa"),
    "kac": (_("Jingpho"), "Jingpho"),
    "kam": (_("Kamba"), "Kikamba"),
    "kbp": (_("Kabiyè"), "Kabɩyɛ"),
    "kea": (_("Cape Verdean Creole"), "kriolu"),
    "kg": (_("Kongo"), "Kikongo"),
    "ki": (_("Kikuyu"), "Gĩkũyũ"),
    "kmb": (_("Kimbundu"), "Kimbundu"),
    "knc": (_("Central Kanuri"), "Kanuri"),
    "koi": (_("Komi-Permyak"), "перем коми кыв"),
    "kpv": (_("Komi-Zyrian"), "коми кыв"),
    "krl": (_("Karelian"), "karjala"),
    "ku": (_("Kurdish"), "kurdî"),
    "kxh": (_("Karo"), ""),
    "la": (_("Latin"), "lingua Latina"),
    "lg": (_("Ganda"), "Luganda"),
    "lij": (_("Ligurian"), "lìgure"),
    "ln": (_("Lingala"), "lingála"),
    "lo": (_("Lao"), "ລາວ"),
    "lua": (_("Luba-Kasai"), "Tshiluba"),
    "luo": (_("Luo"), "Dholuo"),
    "mag": (_("Magahi"), "मगही"),
    "mdf": (_("Moksha"), "мокшень кяль"),
    "mg": (_("Malagasy"), "Malagasy"),
    "mi": (_("Māori"), "te reo Māori"),
    "mni": (_("Meitei"), "ꯃꯩꯇꯩꯂꯣꯟ"),
    "mos": (_("Mossi"), "Mooré"),
    "mt": (_("Maltese"), "Malti"),
    "myv": (_("Erzya"), "эрзянь кель"),
    "nag": (_("Nagamese"), "Nagamese"),
    "nds": (_("Low German"), "Plattdüütsch"),
    "nhi": (_("Zacatlán-Ahuacatlán-Tepetzintla Nahuatl"), ""),
    "nr": (_("South Ndebele"), "isiNdebele"),
    "nso": (_("Northern Sotho"), "Sepedi"),
    "nus": (_("Nuer"), "Thok Nath"),
    "ny": (_("Chichewa"), "Chichewa"),
    "olo": (_("Livvi-Karelian"), "livvin karjal"),
    "om": (_("Oromo"), "Afaan Oromoo"),
    "or": (_("Odia"), "ଓଡ଼ିଆ"),
    "orv": (_("Old East Slavic"), ""),
    "ota": (_("Ottoman Turkish"), "لسان عثمانى"),
    "pcm": (_("Nigerian Pidgin"), "Naijá"),
    "ps": (_("Pashto"), "پښتو"),
    "qu": (_("Quechua"), "Runasimi"),
    "quc": (_("K'iche'"), "K'iche'"),
    "rn": (_("Rundi"), "Ikirundi"),
    "rw": (_("Kinyarwanda"), "Ikinyarwanda"),
    "rwr": (_("Marwari of India"), "मारवाड़ी"),
    "sa": (_("Sanskrit"), "संस्कृतम्"),
    "sah": (_("Yakut"), "саха тыла"),
    "sd": (_("Sindhi"), "سنڌي"),
    "se": (_("Northern Sami"), "davvisámegiella"),
    "sg": (_("Sango"), "Sängö"),
    "sh": (_("Serbo-Croatian"), "srpskohrvatski"),
    "shn": (_("Shan"), "လိၵ်ႈတႆး"),
    "si": (_("Sinhala"), "සිංහල"),
    "sms": (_("Skolt Sami"), "sääʹmǩiõll"),
    "sn": (_("Shona"), "chiShona"),
    "so": (_("Somali"), "Soomaali"),
    "ss": (_("Swati"), "siSwati"),
    "st": (_("Southern Sotho"), "Sesotho"),
    "su": (_("Sundanese"), "basa Sunda"),
    "swv": (_("Shekhawati"), "शेखावाटी"),
    "taq": (_("Tamasheq"), "Tamasheq"),
    "ti": (_("Tigrinya"), "ትግርኛ"),
    "tl": (_("Tagalog"), "Tagalog"),
    "tn": (_("Tswana"), "Setswana"),
    "tpn": (_("Tupinambá"), ""),
    "ts": (_("Tsonga"), "Xitsonga"),
    "ttc": (_("Tektiteko"), ""),
    "tum": (_("Tumbuka"), "chiTumbuka"),
    "tw": (_("Twi"), "Twi"),
    "tzm": (_("Central Atlas Tamazight"), "ⵜⴰⵎⴰⵣⵉⵖⵜ"),
    "umb": (_("Umbundu"), "Umbundu"),
    "urb": (_("Urubú-Kaapor"), ""),
    "urh": (_("Urhobo"), "Urhobo"),
    "vai": (_("Vai"), "ꕙꔤ"),
    "ve": (_("Venda"), "Tshivenḓa"),
    "vep": (_("Veps"), "vepsän kel'"),
    "war": (_("Waray"), "Winaray"),
    "wbp": (_("Warlpiri"), "Warlpiri"),
    "wo": (_("Wolof"), "Wolof"),
    "xcl": (_("Classical Armenian"), "գրաբար"),
    "xh": (_("Xhosa"), "isiXhosa"),
    "xnr": (_("Kangri"), "कांगड़ी"),
    "xpg": (_("Phrygian"), ""),
    "yi": (_("Yiddish"), "ייִדיש"),
    "yo": (_("Yoruba"), "Yorùbá"),
    "yrl": (_("Nheengatu"), "nheẽgatu"),
    "yue": (_("Cantonese"), "粵語"),
    "zh": (_("Chinese"), "中文"),
    "zu": (_("Zulu"), "isiZulu"),
}
#: So near, of 1, is worth a suggestion; of two or three letters one may be wrong.
_NEAR, _NEAR_SHORT, _SHORT = 0.7, 0.5, 3
_SUGGESTED = 6
#: Comparing takes the square of it.
_MOST = 60


@dataclass(frozen=True, slots=True)
class Name:
    """What a language is called.

    Attributes:
        here: in the reader's language; the tag where we know none.
        own: as its speakers write it; empty where we don't know.
        known: whether there is a name at all.
    """

    here: str
    own: str
    known: bool = True


def name(tag: str) -> Name:
    """Return what a language is called; a narrower tag keeps what narrows it: Portuguese (BR)."""
    for one in wider(tag):
        if found := _exactly(one):
            rest = tag[len(one) + 1 :]
            return Name(f"{found.here} ({rest})", found.own) if rest else found
    return Name(tag, "", known=False)


def _exactly(tag: str) -> Name | None:
    if tag in _MORE:
        here, own = _MORE[tag]
        return Name(str(here), own)
    code = tag.lower()
    if code not in LANG_INFO or "fallback" in LANG_INFO[code]:
        return None
    info = get_language_info(code)
    return Name(gettext(info["name"]), info["name_local"])


def is_named(tag: str) -> bool:
    """Whether this very tag, and not only what it narrows, has a name."""
    return _exactly(tag) is not None


def near(text: str, among: Iterable[str]) -> list[str]:
    """Return the tags that somebody who wrote this may have meant, the likeliest first."""
    wanted = text.strip().lower()[:_MOST]
    least = _NEAR_SHORT if len(wanted) <= _SHORT else _NEAR
    ranked = sorted(((_likeness(wanted, tag), tag) for tag in among), key=lambda x: (-x[0], x[1]))
    return [tag for likeness, tag in ranked if likeness >= least][:_SUGGESTED]


def _likeness(wanted: str, tag: str) -> float:
    if tag in wider(normalised(wanted)):
        return 1.0
    called = name(tag)
    words = {tag.lower(), called.here.lower(), called.own.lower()} - {""}
    return max(SequenceMatcher(None, wanted, word).ratio() for word in words)
