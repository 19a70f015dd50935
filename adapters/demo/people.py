"""Invented people and firms: names of many languages, addresses, and numbers that ring nowhere.

Telephone numbers lie in ranges that are kept free for films (Germany, Britain, Ireland, France,
the United States) or cannot be dialled at all (China, Japan); addresses end in the domains that
are kept for examples.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from random import Random

from adapters.numbers import identifier_of_email, identifier_of_phone
from domain.customers.details import Address
from domain.customers.identifiers import Identifier
from domain.personal import Personal


@dataclass(frozen=True, slots=True)
class Country:
    """Where a customer lives: what they pay in, which language they write, how they are named."""

    code: str
    currency: str
    language: str
    zone: str
    first: tuple[str, ...]
    last: tuple[str, ...]
    streets: tuple[str, ...]
    cities: tuple[tuple[str, str], ...]
    phones: tuple[str, ...] = ()
    family_first: bool = False
    number_first: bool = False


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _cities(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (line.strip().partition(" ") for line in text.strip().splitlines())
    return tuple((postcode.replace("_", " "), city) for postcode, _, city in pairs)


GERMANY = Country(
    "DE", "EUR", "de", "Europe/Berlin",
    _words(
        "Anna Jonas Miriam Lukas Hanna Felix Sabine Matthias Julia Stefan Katja Thorsten Franziska "
        "Jürgen Ute Björn Elif Mehmet Agnieszka Piotr Linh Minh Olga Dmitri Fatima Yusuf Clara Paul "
        "Emilia Leon Ingrid Günther Petra Rainer Johanna Moritz Annika Sören Käthe Ömer"
    ),
    _words(
        "Müller Schmidt Schneider Fischer Weber Wagner Becker Schulz Hoffmann Schäfer Koch Bauer "
        "Richter Klein Wolf Neumann Schwarz Zimmermann Braun Krüger Hartwig Lange Krause Lehmann "
        "Yılmaz Kaya Nowak Kowalski Nguyen Tran Petrov Haddad Weiß Groß Jäger Thießen Lindner"
    ),
    (
        "Lindenallee", "Kastanienweg", "Goethestraße", "Am Alten Markt", "Bahnhofstraße",
        "Schillerplatz", "Weserufer", "Mühlenweg", "Rosengasse", "Hafenstraße", "Gartenstraße",
    ),
    _cities(
        """10119 Berlin
        10437 Berlin
        04109 Leipzig
        20359 Hamburg
        50667 Köln
        80331 München
        60311 Frankfurt am Main
        70173 Stuttgart
        01067 Dresden
        28195 Bremen
        79098 Freiburg"""
    ),
    ("030 23125 {3}", "040 66969 {3}", "069 90009 {3}", "0221 4710 {3}", "089 99998 {3}"),
)  # fmt: skip
BRITAIN = Country(
    "GB", "GBP", "en", "Europe/London",
    _words(
        "Oliver Amelia George Isla Harry Ava Noah Freya Arthur Poppy Rhys Siân Callum Eilidh Aisha "
        "Imran Priya Arjun Chidi Ngozi Grace Edward Beth Duncan Fiona Gareth"
    ),
    _words(
        "Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Wright Walker Thompson Khan "
        "Hughes Edwards Green Okonkwo Begum MacLeod O'Neill Fraser Singh Whitfield Ashworth"
    ),
    ("High Street", "Station Road", "Church Lane", "Victoria Road", "Mill Lane", "Kings Road"),
    _cities(
        """N1_9GU London
        SE1_7PB London
        M4_1HQ Manchester
        LS1_4DY Leeds
        B2_5DB Birmingham
        S1_2HE Sheffield
        EH1_1YZ Edinburgh
        BS1_5TR Bristol"""
    ),
    ("020 7946 0{3}", "0113 496 0{3}", "0121 496 0{3}", "0161 496 0{3}", "+44 7700 900{3}"),
    number_first=True,
)  # fmt: skip
FRANCE = Country(
    "FR", "EUR", "fr", "Europe/Paris",
    _words("Camille Lucas Chloé Hugo Léa Louis Manon Jules Inès Théo Élodie Rémi Aurélie François"),
    _words("Martin Bernard Dubois Thomas Robert Petit Durand Leroy Moreau Lefèvre Benali Garçon"),
    ("rue des Lilas", "avenue Jean Moulin", "place du Marché", "rue Voltaire", "quai de la Gare"),
    _cities(
        """75011 Paris
        69002 Lyon
        33000 Bordeaux
        44000 Nantes
        67000 Strasbourg
        59800 Lille"""
    ),
    ("01 99 00 {2} {2}", "04 65 71 {2} {2}", "+33 6 39 98 {2} {2}"),
    number_first=True,
)  # fmt: skip
AUSTRIA = Country(
    "AT", "EUR", "de", "Europe/Vienna",
    _words("Theresa Maximilian Magdalena Florian Verena Andreas Valentina Georg Barbara Christoph"),
    _words("Gruber Huber Wagner Pichler Steiner Moser Mayer Hofer Leitner Berger Fuchs Eder"),
    ("Neubaugasse", "Mariahilfer Straße", "Linzer Straße", "Salzgasse", "Annenstraße"),
    _cities(
        """1070 Wien
        8020 Graz
        5020 Salzburg
        4020 Linz"""
    ),
)  # fmt: skip
NETHERLANDS = Country(
    "NL", "EUR", "nl", "Europe/Amsterdam",
    _words("Daan Sanne Bram Fleur Lars Anouk Thijs Lotte Ruben Maud"),
    _words("Jansen Bakker Visser Smit Meijer Mulder Bos Vos Hendriks Dekker"),
    ("Keizersgracht", "Lange Nieuwstraat", "Vondellaan", "Molenpad"),
    _cities(
        """1016_EE Amsterdam
        3512_PH Utrecht
        3011_WN Rotterdam
        9712_HW Groningen"""
    ),
)  # fmt: skip
ITALY = Country(
    "IT", "EUR", "it", "Europe/Rome",
    _words("Giulia Marco Chiara Lorenzo Francesca Matteo Alessia Davide Elena Niccolò"),
    _words("Rossi Russo Ferrari Bianchi Romano Colombo Ricci Marino Greco Conti"),
    ("via Garibaldi", "corso Italia", "via Dante", "piazza San Carlo"),
    _cities(
        """20121 Milano
        10121 Torino
        40121 Bologna
        50122 Firenze"""
    ),
)  # fmt: skip
SPAIN = Country(
    "ES", "EUR", "es", "Europe/Madrid",
    _words("Lucía Hugo María Pablo Carmen Álvaro Nuria Íñigo Elena Sergio"),
    _words("García Fernández López Martínez Sánchez Pérez Gómez Ibáñez Muñoz Ruiz"),
    ("calle Mayor", "calle del Sol", "avenida de la Paz", "plaza Nueva"),
    _cities(
        """28013 Madrid
        08002 Barcelona
        41004 Sevilla
        46002 València"""
    ),
)  # fmt: skip
IRELAND = Country(
    "IE", "EUR", "en", "Europe/Dublin",
    _words("Aoife Conor Saoirse Cian Niamh Oisín Róisín Declan Maeve Fergus"),
    _words("Murphy Kelly O'Sullivan Walsh Byrne Ryan Doyle Gallagher"),
    ("Main Street", "Harbour Road", "Abbey Street"),
    _cities(
        """D02_X285 Dublin
        T12_W8KP Cork
        H91_E6K2 Galway"""
    ),
    ("+353 20 91{1} {4}",),
    number_first=True,
)  # fmt: skip
CHINA = Country(
    "CN", "CNY", "zh", "Asia/Shanghai",
    _words("伟 芳 娜 秀英 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 晓梅 建国 志远 雨桐 子涵 浩然 思琪 欣怡"),
    _words("王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 欧阳"),
    ("南京西路", "淮海中路", "建国路", "天府大道", "中山北路", "文三路", "珠江新城花城大道"),
    _cities(
        """200041 上海市静安区
        100022 北京市朝阳区
        610041 成都市武侯区
        510623 广州市天河区
        310012 杭州市西湖区
        518000 深圳市南山区"""
    ),
    ("+86 10 1000 {4}", "+86 21 1000 {4}"),
    family_first=True,
)  # fmt: skip
JAPAN = Country(
    "JP", "JPY", "ja", "Asia/Tokyo",
    _words("由美 健太 陽子 翔 美咲 大輔 恵子 拓也 さくら 蓮"),
    _words("佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤"),
    ("神宮前三丁目", "本町一丁目", "栄二丁目", "四条通"),
    _cities(
        """150-0001 東京都渋谷区
        541-0053 大阪市中央区
        460-0008 名古屋市中区
        600-8001 京都市下京区"""
    ),
    ("+81 3 0100 {4}",),
    family_first=True,
)  # fmt: skip
AMERICA = Country(
    "US", "EUR", "en", "America/New_York",
    _words("Emma Liam Olivia Mason Sophia Ethan Maya Carlos Jasmine Tyler"),
    _words("Anderson Garcia Rodriguez Lee Clark Lewis Young Hall Rivera Brooks"),
    ("Maple Avenue", "Prospect Place", "Bleecker Street"),
    _cities(
        """10012 New_York
        11217 Brooklyn
        07302 Jersey_City"""
    ),
    ("+1 212 555 01{2}",),
    number_first=True,
)  # fmt: skip

COUNTRIES = {
    one.code: one
    for one in (
        GERMANY, BRITAIN, FRANCE, AUSTRIA, NETHERLANDS, ITALY, SPAIN, IRELAND, CHINA, JAPAN, AMERICA,
    )
}  # fmt: skip
WEIGHTS = {
    "DE": 46, "GB": 16, "FR": 8, "AT": 6, "NL": 4, "IT": 3, "ES": 3, "IE": 2, "CN": 7, "JP": 4,
    "US": 1,
}  # fmt: skip

_PINYIN = dict(
    zip(
        _words("王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 欧阳"),
        _words(
            "wang li zhang liu chen yang zhao huang zhou wu xu sun hu zhu gao lin he guo ma luo "
            "liang song zheng ouyang"
        ),
        strict=True,
    )
) | dict(
    zip(
        JAPAN.last,
        _words("sato suzuki takahashi tanaka ito watanabe yamamoto nakamura kobayashi kato"),
        strict=True,
    )
)

_TRADES = {
    "de": ("Café {}", "Kaffeehaus {}", "Rösterei {}", "Hotel {}", "Kanzlei {}", "Agentur {}"),
    "fr": ("Café {}", "Hôtel {}", "Brasserie {}", "Atelier {}"),
    "zh": ("{}咖啡馆", "{}酒店", "{}设计工作室"),
    "ja": ("喫茶{}", "{}珈琲"),
    "en": ("{} Coffee House", "{} Roastery", "Hotel {}", "{} Studio", "{} & Partners"),
}
_TRADE_NAMES = {
    "de": _words(
        "Morgenrot Kranich Lindenhof Sonnenallee Nordlicht Elbblick Papillon Kolibri "
        "Mandelbaum Rosenstolz Turmfalke Südstern Silberdistel Federweiß Wildkirsche Holunder"
    ),
    "fr": _words("Mimosa Belleville Lavande Marronnier Hirondelle Confluence Pivoine"),
    "zh": _words("晨光 云杉 半日 山海 素木 南风 拾光 竹里"),
    "ja": _words("青空 木漏れ日 月影 朝霧"),
    "en": _words(
        "Harbour Foxglove Juniper Copperfield Larkspur Meridian Bramble Kingfisher "
        "Hawthorn Saltmarsh Rowan Thistle Windmill"
    ),
}
_FORMS = {
    "DE": "GmbH", "AT": "GmbH", "FR": "SARL", "GB": "Ltd", "NL": "B.V.", "IT": "S.r.l.",
    "ES": "S.L.", "IE": "Ltd", "US": "LLC",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Who:
    """Who a customer is: what is told of them when they become known."""

    name: str
    is_firm: bool
    country: Country
    address: Address
    email: str
    phone: str | None

    @property
    def identifiers(self) -> tuple[Identifier, ...]:
        """The e-mail address, and the telephone number where there is one."""
        phone = identifier_of_phone(self.phone, self.country.code) if self.phone else None
        return (identifier_of_email(self.email), *((phone,) if phone else ()))


def person(rng: Random, country: Country, *, number: int) -> Who:
    """Somebody who lives there. `number` keeps their e-mail address apart from all others."""
    first, last = rng.choice(country.first), rng.choice(country.last)
    name = f"{last}{first}" if country.family_first else f"{first} {last}"
    if country.code == "JP":
        name = f"{last} {first}"
    mailbox = (
        f"{_PINYIN[last]}{number}"
        if country.family_first
        else f"{_plain(first)}.{_plain(last)}{number if rng.random() < 0.7 else f'.{number}'}"
    )
    return Who(
        name=name,
        is_firm=False,
        country=country,
        address=address(rng, country),
        email=f"{mailbox}@{rng.choice(('example.com', 'example.org', 'example.net'))}",
        phone=phone(rng, country) if rng.random() < 0.82 else None,
    )


def firm(rng: Random, country: Country, *, number: int) -> Who:
    """A firm that has its seat there."""
    language = country.language if country.language in _TRADES else "en"
    trade = rng.choice(_TRADES[language]).format(rng.choice(_TRADE_NAMES[language]))
    city = rng.choice(country.cities)[1]
    name = trade if rng.random() < 0.4 or language in {"zh", "ja"} else f"{trade} {city}"
    legal = _FORMS.get(country.code, "")
    return Who(
        name=f"{name} {legal}".strip(),
        is_firm=True,
        country=country,
        address=address(rng, country),
        email=f"office{number}@{rng.choice(('example.com', 'example.org', 'example.net'))}",
        phone=phone(rng, country),
    )


def address(rng: Random, country: Country) -> Address:
    """A street that many towns have, in one of the country's towns."""
    postcode, city = rng.choice(country.cities)
    street, house = rng.choice(country.streets), rng.randint(1, 148)
    if country.family_first:
        line = f"{street}{house}号" if country.code == "CN" else f"{street}{house}番地"
    else:
        line = f"{house} {street}" if country.number_first else f"{street} {house}"
    return Address(
        street=Personal(line),
        postcode=Personal(postcode),
        city=Personal(city.replace("_", " ")),
        country=country.code,
    )


def phone(rng: Random, country: Country) -> str | None:
    """A number that nobody has, as people of the country write it; None where none are kept free."""
    if not country.phones:
        return None
    text = rng.choice(country.phones)
    for digits in range(1, 5):
        while f"{{{digits}}}" in text:
            text = text.replace(f"{{{digits}}}", f"{rng.randrange(10**digits):0{digits}d}", 1)
    return text


def _plain(name: str) -> str:
    """A name as it stands in an e-mail address."""
    name = name.casefold().replace("ı", "i").replace("ø", "o").replace("ł", "l")
    name = name.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(sign for sign in letters if sign.isalnum())
