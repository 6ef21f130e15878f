import pytest

from collectors import database_storage
from hustings.declared import Database, Declared
from hustings.facts import Missing, Reason
from tests.fakes import FakeHost

LOCK = "/var/run/postgresql/.s.PGSQL.5432.lock"
MOUNTS = ("27 1 254:0 / / rw - ext4 /dev/vda rw\n40 27 253:0 / /srv/pg rw - ext4 /dev/mapper/pg rw\n"
          "41 27 254:16 / /mnt/fast rw - ext4 /dev/vdb rw\n")
SYS = {"/sys/dev/block/253:0/dm/uuid": "CRYPT-LUKS2-abc-pg\n", "/sys/dev/block/254:0/size": "1\n",
       "/sys/dev/block/254:16/size": "1\n"}


def look(data="/srv/pg/15", *, host="127.0.0.1", port=5432, links=None, denied=(), lock=None):
    machine = FakeHost({"/proc/self/mountinfo": MOUNTS, **SYS, LOCK: lock or f"1234\n{data}\n1795309716\n5432\n",
                        "/srv/pg/15/pg_wal/x": "", "/var/lib/pg/pg_wal/x": "", "/mnt/fast/x": ""},
                       dirs=["/srv/pg/15/pg_tblspc", "/var/lib/pg/pg_tblspc"], links=links, denied=denied)
    one = Database(name="voters", engine="postgresql", host=host, port=port)
    return database_storage.collect(machine, Declared(databases=(one,)))["database.storage_encrypted@voters"]


def test_a_cluster_on_a_luks_volume_is_encrypted():
    assert look() is True
    assert look(host="/var/run/postgresql") is True


def test_a_cluster_on_a_plain_disk_is_not():
    assert look("/var/lib/pg") is False


@pytest.mark.parametrize("link", ["/srv/pg/15/pg_tblspc/16384", "/srv/pg/15/pg_wal2"])
def test_a_tablespace_elsewhere_counts(link):
    assert look(links={link: "/mnt/fast"}) is ("pg_tblspc" not in link)


@pytest.mark.parametrize(("given", "reason"), [
    ({"host": "db.example"}, Reason.UNSUPPORTED), ({"port": 5999}, Reason.UNSUPPORTED),
    ({"denied": {"/srv/pg/15"}}, Reason.DENIED), ({"lock": "1234\n"}, Reason.ERROR)])
def test_what_cannot_be_seen_is_a_reason(given, reason):
    seen = look(**given)
    assert isinstance(seen, Missing)
    assert seen.reason is reason
