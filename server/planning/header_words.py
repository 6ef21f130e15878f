"""What offices call the columns of their lists, English and French, and the texts of a column of kinds."""

from __future__ import annotations

import re
import unicodedata

FIELDS: dict[str, tuple[str, ...]] = {
    "asset": ("asset", "asset tag", "asset id", "asset number", "asset name", "inventory number", "tag", "tag number",
              "property tag", "device name", "computer name", "hostname", "host name", "unit id", "equipment id",
              "nom de l appareil", "numero d inventaire", "numero d actif", "etiquette", "actif", "no d inventaire"),
    "kind": ("kind", "type", "equipment type", "device type", "asset type", "category", "classification",
             "type of equipment", "equipment", "class", "genre", "categorie", "type d equipement", "type d appareil",
             "equipement", "sorte"),
    "make": ("make", "manufacturer", "vendor", "brand", "maker", "mfr", "mfg", "manufacturer name", "fabricant",
             "marque", "fournisseur", "constructeur"),
    "model": ("model", "model name", "model number", "equipment model", "product", "product name", "machine",
              "make model", "modele", "nom du modele", "produit"),
    "version": ("version", "os", "operating system", "os name", "firmware", "firmware version", "software version",
                "firmware software version", "os version", "build", "os build", "system version", "release",
                "systeme d exploitation", "version du logiciel", "version du micrologiciel", "version du systeme",
                "micrologiciel", "logiciel"),
    "edition": ("edition", "os edition", "sku", "sku family", "edition du systeme"),
    "quantity": ("quantity", "qty", "count", "number of units", "units", "how many", "number", "total units",
                 "quantity owned", "number of devices", "number owned", "no of units", "quantite", "qte", "nombre",
                 "nombre d unites", "nb", "unites"),
    "purchased": ("purchased", "purchase date", "date purchased", "acquired", "acquisition date", "date acquired",
                  "year purchased", "first fielded", "year acquired", "in service date", "in service",
                  "date of purchase",
                  "year of purchase", "first used", "first use", "deployed", "bought", "date d achat", "achete",
                  "date d acquisition", "annee d achat", "mise en service", "date de mise en service", "acquis"),
    "site": ("site", "location", "jurisdiction", "county", "municipality", "place", "building", "address", "office",
             "polling place", "town", "precinct", "county name", "lieu", "emplacement", "endroit", "comte",
             "municipalite", "bureau", "batiment", "circonscription"),
    "unit_cost": ("unit cost", "unit price", "cost", "price", "replacement cost", "price each", "cost per unit",
                  "cost each", "estimated unit cost", "purchase cost", "cout unitaire", "prix unitaire", "cout", "prix",
                  "cout de remplacement"),
    "lead_months": ("lead months", "lead time", "lead", "delivery time", "lead weeks", "lead time weeks",
                    "lead time in weeks", "lead time months", "delai", "delai de livraison",
                    "delai d approvisionnement"),
    "group": ("group", "compatibility group", "system group", "groupe", "groupe de compatibilite"),
    "serial": ("serial", "serial number", "serial no", "s n", "sn", "serials", "numero de serie", "no de serie",
               "no serie"),
    "hours": ("hours", "staff hours", "labor hours", "labour hours", "heures"),
    "owner": ("owner", "owned by", "department", "responsible department", "proprietaire", "service", "ministere"),
    "certification": ("certification", "certificate", "certificate number", "certification number", "eac certification",
                      "certificat", "numero de certificat"),
    "certified_until": ("certified until", "certification expires", "certification expiry", "certification expiration",
                        "certifie jusqu au", "fin de la certification"),
    "end_of_life": ("end of life", "eol", "end of life date", "end of support", "eos", "fin de vie",
                    "fin de prise en charge"),
    "end_of_sale": ("end of sale", "end of sales", "last order date", "fin de vente", "fin de commercialisation"),
    "must_by": ("must by", "replace by", "must be replaced by", "required by", "a remplacer avant", "remplacer avant"),
    "upgrade_cost": ("upgrade cost", "cout de mise a niveau"),
    "extend_cost": ("extend cost", "extension cost", "extended support cost", "cout de prolongation"),
    "extend_until": ("extend until", "extension until", "prolonge jusqu au"),
}
"""For each column of an inventory the names it goes by, plain (see ``plain``), the commonest first."""

PERSONAL = ("assigned to", "assigned", "user", "username", "user name", "primary user", "upn", "user principal name",
            "e mail", "email", "email address", "phone", "telephone", "custodian", "employee", "contact",
            "contact name", "last user", "last logged on user", "managed by", "checked out to", "clerk", "official",
            "utilisateur", "courriel", "assigne a", "responsable", "employe", "nom d utilisateur")
"""Columns that name people: never read."""

REGION = ("state", "province", "territory", "etat", "fips code", "fips", "county code", "code")
"""Columns that tell places of the same name apart."""
OS_VERSION = ("os version", "build", "os build", "version du systeme")
"""Columns whose bare numbers mean nothing without the system's name before them."""
OS_NAME = ("os", "operating system", "os name", "systeme d exploitation")

KINDS: tuple[tuple[str, str], ...] = (
    ("batch fed", "central-tabulator"), ("central count", "central-tabulator"), ("central scan", "central-tabulator"),
    ("high speed", "central-tabulator"), ("hybrid", "hybrid"), ("bmd tabulator", "hybrid"),
    ("remote ballot", "remote-marking"), ("remote marking", "remote-marking"), ("internet voting", "remote-marking"),
    ("web portal", "remote-marking"), ("ballot marking", "bmd"), ("bmd", "bmd"), ("marquage", "bmd"),
    ("optical scan", "tabulator"), ("hand fed", "tabulator"), ("tabulat", "tabulator"), ("scanner", "tabulator"),
    ("lecteur optique", "tabulator"), ("dre", "dre"), ("direct recording", "dre"), ("poll book", "pollbook"),
    ("pollbook", "pollbook"), ("registre electronique", "pollbook"), ("liste electorale", "pollbook"),
    ("election management", "ems"), ("ems", "ems"), ("ballot on demand", "ballot-printer"),
    ("ballot print", "ballot-printer"), ("imprimante de bulletin", "ballot-printer"), ("firewall", "firewall"),
    ("pare feu", "firewall"), ("router", "router"), ("routeur", "router"), ("switch", "switch"),
    ("commutateur", "switch"), ("printer", "printer"), ("imprimante", "printer"), ("server", "server"),
    ("serveur", "server"), ("laptop", "laptop"), ("notebook", "laptop"), ("portable", "laptop"), ("desktop", "pc"),
    ("workstation", "pc"), ("poste de travail", "pc"), ("computer", "pc"), ("ordinateur", "pc"), ("tablet", "tablet"),
    ("tablette", "tablet"), ("ipad", "tablet"), ("phone", "phone"), ("telephone", "phone"), ("ups", "ups"),
)
"""Words of a kind's cell, the more special before the general, and the kind they mean."""

NO_EQUIPMENT = ("hand count", "hand counted", "paper poll book", "paper pollbook", "paper ballot", "lever machine",
                "punch card", "depouillement manuel", "registre papier")
"""Rows of these describe a method of voting, or equipment that no plan replaces."""
TOTALS = ("total", "totals", "grand total", "subtotal", "sub total", "sum", "sous total", "totaux", "somme")


def plain(text: str) -> str:
    """Words without case, accents and signs: ``N° de série`` is ``n de serie``."""
    stripped = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return " ".join(re.findall(r"[a-z0-9]+", stripped))


def kind(text: str) -> str:
    """The kind that a cell's words mean, or ""."""
    words = f" {plain(text)} "
    return next((found for part, found in KINDS if f" {part} " in words or (len(part) > 5 and part in words)), "")


def no_equipment(text: str) -> bool:
    words = plain(text)
    return any(part in words for part in NO_EQUIPMENT)
