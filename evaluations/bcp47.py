"""Tags of languages (BCP 47), brought into one form: `SWA` and `swa` are `sw`, `pt_br` is `pt-BR`.

Only what a tag's shape says is judged, and the codes that ISO 639 itself holds to be the same.
Words such as `English` or `multilingual` are no tags; what they would mean is not guessed.
"""

import re
from collections.abc import Iterable

_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?P<extended>(?:-[a-z]{3}){0,3})(?:-(?P<script>[a-z]{4}))?"
    r"(?:-(?P<region>[a-z]{2}|[0-9]{3}))?(?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)"
)
#: No tag that anybody uses is longer (RFC 5646, section 4.4.1, asks for 35).
MOST = 35
#: ISO 639's codes of three letters for what has one of two, which BCP 47 prefers (RFC 5646,
#: section 2.2.1); `fre` beside `fra` and such are its bibliographic ones. Then those that the
#: registry calls deprecated.
_CODES = (
    "aar=aa abk=ab afr=af aka=ak alb=sq amh=am ara=ar arg=an arm=hy asm=as ava=av ave=ae "
    "aym=ay aze=az bak=ba bam=bm baq=eu bel=be ben=bn bih=bh bis=bi bod=bo bos=bs bre=br "
    "bul=bg bur=my cat=ca ces=cs cha=ch che=ce chi=zh chu=cu chv=cv cor=kw cos=co cre=cr "
    "cym=cy cze=cs dan=da deu=de div=dv dut=nl dzo=dz ell=el eng=en epo=eo est=et eus=eu "
    "ewe=ee fao=fo fas=fa fij=fj fin=fi fra=fr fre=fr fry=fy ful=ff geo=ka ger=de gla=gd "
    "gle=ga glg=gl glv=gv gre=el grn=gn guj=gu hat=ht hau=ha hbs=sh heb=he her=hz hin=hi "
    "hmo=ho hrv=hr hun=hu hye=hy ibo=ig ice=is ido=io iii=ii iku=iu ile=ie ina=ia ind=id "
    "ipk=ik isl=is ita=it jav=jv jpn=ja kal=kl kan=kn kas=ks kat=ka kau=kr kaz=kk khm=km "
    "kik=ki kin=rw kir=ky kom=kv kon=kg kor=ko kua=kj kur=ku lao=lo lat=la lav=lv lim=li "
    "lin=ln lit=lt ltz=lb lub=lu lug=lg mac=mk mah=mh mal=ml mao=mi mar=mr may=ms mkd=mk "
    "mlg=mg mlt=mt mon=mn mri=mi msa=ms mya=my nau=na nav=nv nbl=nr nde=nd ndo=ng nep=ne "
    "nld=nl nno=nn nob=nb nor=no nya=ny oci=oc oji=oj ori=or orm=om oss=os pan=pa per=fa "
    "pli=pi pol=pl por=pt pus=ps que=qu roh=rm ron=ro rum=ro run=rn rus=ru sag=sg san=sa "
    "sin=si slk=sk slo=sk slv=sl sme=se smo=sm sna=sn snd=sd som=so sot=st spa=es sqi=sq "
    "srd=sc srp=sr ssw=ss sun=su swa=sw swe=sv tah=ty tam=ta tat=tt tel=te tgk=tg tgl=tl "
    "tha=th tib=bo tir=ti ton=to tsn=tn tso=ts tuk=tk tur=tr twi=tw uig=ug ukr=uk urd=ur "
    "uzb=uz ven=ve vie=vi vol=vo wel=cy wln=wa wol=wo xho=xh yid=yi yor=yo zha=za zho=zh "
    "zul=zu in=id iw=he ji=yi jw=jv mo=ro"
)
#: Tags for what is no language: several, none, one that has no code, one that nobody knows.
_NONE = {"mul", "zxx", "mis", "und"}
_SHORTER = dict(pair.split("=") for pair in _CODES.split())


def normalised(text: str) -> str:
    """Return a tag in its usual form, or nothing if it is none.

    An extended language stands alone, as the registry prefers: `zh-yue` is `yue`. Extensions and
    private tags are no names of languages here.
    """
    wanted = text.strip().lower().replace("_", "-")
    found = _TAG.fullmatch(wanted) if len(wanted) <= MOST else None
    if found is None or found["language"] in _NONE:
        return ""
    language = found["extended"].rpartition("-")[2] or found["language"]
    parts = [_SHORTER.get(language, language)]
    parts += [found["script"].title()] if found["script"] else []
    parts += [found["region"].upper()] if found["region"] else []
    return "-".join(parts) + found["variants"]


def all_of(texts: Iterable[str]) -> list[str]:
    """Return the tags among some texts in their usual form, sorted, each once."""
    return sorted({tag for text in texts if (tag := normalised(text))})


def wider(tag: str) -> list[str]:
    """Return a tag and what it narrows, the narrowest first (RFC 4647, section 3.4)."""
    parts = tag.split("-")
    return ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
