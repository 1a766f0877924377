"""Kiswahili nouns, and how adjectives and counting words agree with them.

Only nouns and stems with agreement forms that grammars agree on are here. Two rules need care:

* Living beings take the concord of classes 1 and 2 whatever their own prefix is: *kijana mzuri*,
  *rafiki mzuri*, *mbwa mkubwa*.
* Classes 5, 9 and 10 change the stem or leave it bare (*jipya*, *ndefu*, *mbaya*, *kubwa*), so
  those forms are written out.
"""

from dataclasses import dataclass
from enum import IntEnum


class NounClass(IntEnum):
    """A noun class by its number in Bantu grammar; odd is singular, even is plural."""

    ONE = 1
    TWO = 2
    THREE = 3
    FOUR = 4
    FIVE = 5
    SIX = 6
    SEVEN = 7
    EIGHT = 8
    NINE = 9
    TEN = 10


_PREFIXES = {
    NounClass.ONE: "m",
    NounClass.TWO: "wa",
    NounClass.THREE: "m",
    NounClass.FOUR: "mi",
    NounClass.SIX: "ma",
    NounClass.SEVEN: "ki",
    NounClass.EIGHT: "vi",
}


@dataclass(frozen=True)
class Stem:
    """A word that takes the prefix of the noun it goes with."""

    root: str
    """The stem without a prefix: ``zuri``."""

    gloss: str
    """What it means in English."""

    nine: str
    """The form in classes 9 and 10, where the prefix *n-* melts into the stem."""

    five: str = ""
    """The form in class 5; empty for a word that only plurals take."""

    def form(self, noun_class: NounClass) -> str:
        """Returns the form that agrees with a noun of the class."""
        if noun_class is NounClass.FIVE:
            return self.five
        if noun_class in (NounClass.NINE, NounClass.TEN):
            return self.nine
        return _PREFIXES[noun_class] + self.root


@dataclass(frozen=True)
class Noun:
    """A noun with the concord that its singular and its plural ask for."""

    singular: str
    """The singular: ``kitabu``."""

    plural: str
    """The plural, which may look the same: ``nyumba``."""

    gloss: str
    """What it means in English."""

    concord: tuple[NounClass, NounClass]
    """The class that the singular agrees in, and the plural's."""


ADJECTIVES = (
    Stem("zuri", "good, beautiful", nine="nzuri", five="zuri"),
    Stem("baya", "bad", nine="mbaya", five="baya"),
    Stem("kubwa", "big", nine="kubwa", five="kubwa"),
    Stem("dogo", "small", nine="ndogo", five="dogo"),
    Stem("refu", "long, tall", nine="ndefu", five="refu"),
    Stem("fupi", "short", nine="fupi", five="fupi"),
    Stem("zito", "heavy", nine="nzito", five="zito"),
    Stem("nene", "fat, thick", nine="nene", five="nene"),
    Stem("chafu", "dirty", nine="chafu", five="chafu"),
    Stem("pya", "new", nine="mpya", five="jipya"),
)

# The numbers that agree; sita, saba and tisa don't. They go with plurals, never with class 5.
COUNTS = (
    Stem("wili", "two", nine="mbili"),
    Stem("tatu", "three", nine="tatu"),
    Stem("nne", "four", nine="nne"),
    Stem("tano", "five", nine="tano"),
    Stem("nane", "eight", nine="nane"),
)

PEOPLE = (NounClass.ONE, NounClass.TWO)
TREES = (NounClass.THREE, NounClass.FOUR)
FRUIT = (NounClass.FIVE, NounClass.SIX)
THINGS = (NounClass.SEVEN, NounClass.EIGHT)
OTHERS = (NounClass.NINE, NounClass.TEN)

# singular/plural=gloss; the first line of each block names the concord, not the noun's own prefix.
_LEXICON = {
    PEOPLE: """
        mtu/watu=person mtoto/watoto=child mwalimu/walimu=teacher mwanafunzi/wanafunzi=student
        mgeni/wageni=guest mpishi/wapishi=cook mkulima/wakulima=farmer mzee/wazee=elder
        msichana/wasichana=girl mvulana/wavulana=boy mfanyakazi/wafanyakazi=worker
        mgonjwa/wagonjwa=patient mganga/waganga=healer mnyama/wanyama=animal mdudu/wadudu=insect
        mchezaji/wachezaji=player
        kijana/vijana=youth kiongozi/viongozi=leader kifaru/vifaru=rhinoceros
        kiboko/viboko=hippopotamus
        rafiki/marafiki=friend daktari/madaktari=doctor dereva/madereva=driver
        waziri/mawaziri=minister seremala/maseremala=carpenter
        mbwa/mbwa=dog paka/paka=cat simba/simba=lion samaki/samaki=fish kuku/kuku=chicken
        mbuzi/mbuzi=goat
    """,
    TREES: """
        mti/miti=tree mkono/mikono=hand mguu/miguu=leg mlango/milango=door mkate/mikate=bread
        mto/mito=river mlima/milima=mountain mji/miji=town mfuko/mifuko=bag mpira/mipira=ball
        mkeka/mikeka=mat msumari/misumari=nail mzigo/mizigo=load mkia/mikia=tail
        mnazi/minazi=coconut_palm mshale/mishale=arrow
    """,
    FRUIT: """
        tunda/matunda=fruit yai/mayai=egg gari/magari=car jicho/macho=eye jino/meno=tooth
        jiwe/mawe=stone chungwa/machungwa=orange duka/maduka=shop shamba/mashamba=field
        jani/majani=leaf dirisha/madirisha=window soko/masoko=market sanduku/masanduku=box
        shati/mashati=shirt gazeti/magazeti=newspaper jembe/majembe=hoe sikio/masikio=ear
        goti/magoti=knee
    """,
    THINGS: """
        kitabu/vitabu=book kiti/viti=chair kisu/visu=knife kikombe/vikombe=cup
        kijiji/vijiji=village kiatu/viatu=shoe kitanda/vitanda=bed chumba/vyumba=room
        chombo/vyombo=vessel kisiwa/visiwa=island kijiko/vijiko=spoon kikapu/vikapu=basket
        kidole/vidole=finger kichwa/vichwa=head kioo/vioo=mirror kisima/visima=well
    """,
    OTHERS: """
        nyumba/nyumba=house meza/meza=table ndizi/ndizi=banana nguo/nguo=garment
        kalamu/kalamu=pen barabara/barabara=road taa/taa=lamp sahani/sahani=plate
        njia/njia=way kofia/kofia=hat saa/saa=clock shule/shule=school picha/picha=picture
        simu/simu=telephone suruali/suruali=trousers chupa/chupa=bottle
        baiskeli/baiskeli=bicycle ngoma/ngoma=drum nazi/nazi=coconut
    """,
}


def _noun(entry: str, concord: tuple[NounClass, NounClass]) -> Noun:
    pair, gloss = entry.split("=")
    singular, plural = pair.split("/")
    return Noun(singular, plural, gloss.replace("_", " "), concord)


NOUNS = tuple(_noun(entry, concord) for concord, text in _LEXICON.items() for entry in text.split())
