"""The seal's keys: made once, the worker's alone; time stamps from a real authority, and without it."""

from __future__ import annotations

import http.server
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.adapters import seal_keys, seal_public
from app.config import BadSetting
from app.domain.errors import Unavailable
from tests.features.reports.conftest import House, settings
from tests.features.reports.test_verify import judged

NOW = datetime.now(UTC)
ROOT = str(Path(__file__).parents[3])


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    folder = tmp_path / "seal"
    assert seal_keys.ensure(folder, "Nordhaven Appliances", "https://audits.example.com", NOW)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert not seal_keys.ensure(folder, "Nordhaven Appliances", "https://audits.example.com", NOW)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    for name in (seal_keys.CA_KEY, seal_keys.SIGNER_KEY):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    for name in (seal_public.CA, seal_public.CRL, seal_public.SIGNER):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o644


def test_the_certificates_name_the_organisation_and_its_address(tmp_path: Path) -> None:
    seal_keys.ensure(tmp_path, "北港电器", "https://audits.example.com", NOW)
    ca = x509.load_der_x509_certificate((tmp_path / seal_public.CA).read_bytes())
    signer = x509.load_der_x509_certificate((tmp_path / seal_public.SIGNER).read_bytes())
    signer.verify_directly_issued_by(ca)
    assert isinstance(signer.public_key(), ec.EllipticCurvePublicKey)
    assert signer.public_key().curve.name == "secp256r1"
    for each in (ca, signer):
        assert each.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "北港电器"
        names = each.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["https://audits.example.com"]


def test_another_name_gets_another_signer_under_the_same_authority(tmp_path: Path) -> None:
    seal_keys.ensure(tmp_path, "Before", "http://localhost", NOW)
    ca = (tmp_path / seal_public.CA).read_bytes()
    assert seal_keys.ensure(tmp_path, "After", "http://localhost", NOW)
    assert (tmp_path / seal_public.CA).read_bytes() == ca
    assert len(list(tmp_path.glob("signer-*.crt"))) == 1


def test_the_list_of_withdrawn_seals_is_renewed_in_time(tmp_path: Path) -> None:
    seal_keys.ensure(tmp_path, "Nordhaven", "http://localhost", NOW)
    assert seal_public.state(tmp_path, NOW)["ok"]
    later = NOW + timedelta(days=40)
    assert seal_keys.ensure(tmp_path, "Nordhaven", "http://localhost", later)
    assert seal_public.state(tmp_path, later)["ok"]
    assert not seal_public.state(tmp_path, later + timedelta(days=100))["ok"]
    assert not seal_public.state(tmp_path / "nowhere", NOW)["ok"]


def test_two_workers_that_start_at_once_make_one_authority(tmp_path: Path) -> None:
    crew = [
        threading.Thread(target=seal_keys.ensure, args=(tmp_path, "Nordhaven", "http://localhost", NOW))
        for _ in range(6)
    ]
    for member in crew:
        member.start()
    for member in crew:
        member.join()
    seal_keys.open_keys(tmp_path)
    assert len(list(tmp_path.glob("*.crt"))) == 2


WEB = """
import sys
sys.path.insert(0, {root!r})
opened = []
sys.addaudithook(lambda event, given: opened.append(str(given[0])) if event == "open" else None)
from pathlib import Path
from uuid import UUID
from tests.features.reports.conftest import open_app, settings
from tests.features.reports.kind import Walk, known
from tests.client import PageClient
import io
app = open_app(settings(Path({data!r})))
known()
client = PageClient(app, UUID({person!r}))
for address in ("/reports", "/reports/of/walk/{site}", "/api/v1/reports/of/walk/{site}",
                "/reports/{report}/file", "/verify", "/verify/certificate", "/verify/certificate.crt",
                "/verify/seals.crl", "/health"):
    answer = client.client.get(address)
    assert answer.status_code == 200, (address, answer.status)
    answer.get_data()
pdf = client.client.get("/reports/{report}/file").data
answer = client.client.post("/verify", data={{"csrf_token": client.token(), "file": (io.BytesIO(pdf),
"a.pdf")}})
assert b'data-verdict="genuine"' in answer.data, answer.status
keys = [path for path in opened if path.endswith(".key")]
assert keys == [], keys
assert any(path.endswith("ca.crt") for path in opened)
for name in ("weasyprint", "pyhanko", "pikepdf"):
    assert name not in sys.modules, name
app.extensions["plumbline.reports.checks"].close()
"""


def test_the_web_process_opens_no_key_and_loads_no_renderer(house: House) -> None:
    script = WEB.format(
        root=ROOT,
        data=str(house.data),
        person=str(house.cast.admin),
        site=house.cast.site,
        report=house.report,
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()[-3000:]


def test_keys_are_never_in_the_database(made: House) -> None:
    database = (made.data / "plumbline.db").read_bytes()
    for name in (seal_keys.CA_KEY, seal_keys.SIGNER_KEY):
        pem = (made.data / "seal" / name).read_bytes()
        assert b"PRIVATE KEY" in pem and pem.splitlines()[1] not in database
    assert b"PRIVATE KEY" not in database


class Authority(http.server.BaseHTTPRequestHandler):
    """A real RFC 3161 time-stamp authority: `openssl ts` behind HTTP."""

    folder: Path
    down = 0

    def do_POST(self) -> None:
        if type(self).down > 0:
            type(self).down -= 1
            self.send_error(503)
            return
        query = self.rfile.read(int(self.headers["Content-Length"]))
        (self.folder / "query").write_bytes(query)
        answer = subprocess.run(
            ["openssl", "ts", "-reply", "-queryfile", "query", "-config", "ts.cnf"],
            cwd=self.folder,
            capture_output=True,
            check=True,
        ).stdout
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        return


CONFIGURATION = """
[tsa]
default_tsa = here
[here]
dir = .
serial = ./serial
crypto_device = builtin
signer_cert = ./tsa.crt
certs = ./root.crt
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a time-stamp authority and its root certificate."""
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "ts.cnf").write_text(CONFIGURATION)
    (folder / "serial").write_text("01\n")
    (folder / "ext").write_text(
        "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\nbasicConstraints=CA:FALSE\n"
    )

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl(
        "req", "-x509", *key, "-keyout", "root.key", "-out", "root.crt", "-subj", "/CN=TSA root", "-days", "9"
    )
    openssl("req", *key, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=A time-stamp authority")
    openssl(
        *("x509", "-req", "-in", "tsa.csr", "-CA", "root.crt", "-CAkey", "root.key", "-CAcreateserial"),
        *("-out", "tsa.crt", "-extfile", "ext", "-days", "9"),
    )
    Authority.folder = folder
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Authority)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", folder / "root.crt"
    server.shutdown()
    server.server_close()


def test_with_a_time_stamp_authority_the_seal_is_b_lt(
    copied: Callable[..., House], authority: tuple[str, Path]
) -> None:
    url, root = authority
    house = copied(PLUMBLINE_TSA_URL=url, PLUMBLINE_TSA_CA=str(root))
    report = house.ask(house.cast.other_site)
    house.make(report)
    found = house.row(report)
    assert found.state == "issued" and found.file is not None and found.file.level == "B-LT"
    from app.features.reports.routes import ROOM

    said = judged(house, house.app.extensions[ROOM], house.file(report))
    assert said.verdict == "genuine"
    for seal in said.facts.seals:
        assert seal.sound and seal.level == "B-LT" and seal.stamped_at is not None
        assert abs(seal.stamped_at - datetime.now(UTC)) < timedelta(minutes=5)
    path = house.data / "report.pdf"
    path.write_bytes(house.file(report))
    assert b"B-LT" in subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True).stdout


def test_an_authority_that_is_down_is_asked_three_times_then_done_without(
    copied: Callable[..., House], authority: tuple[str, Path]
) -> None:
    _, root = authority
    house = copied(PLUMBLINE_TSA_URL="http://127.0.0.1:9/", PLUMBLINE_TSA_CA=str(root))
    report = house.ask(house.cast.other_site)
    for turn in (1, 2, 3):
        with pytest.raises(Unavailable, match="time_stamp_unreachable"):
            house.make(report, attempt=turn)
        assert (house.row(report).state, house.row(report).stamp_failures) == ("queued", turn)
    house.make(report, attempt=4)
    found = house.row(report)
    assert found.state == "issued" and found.file is not None and found.file.level == "B-B"
    assert found.error == "time_stamp_unreachable"  # the row says why, and the page does too
    page = house.client(house.cast.manager).htmx(f"/reports/of/walk/{house.cast.other_site}")
    assert "did not answer" in page.get_data(as_text=True)


def test_an_authority_that_comes_back_is_used(
    copied: Callable[..., House], authority: tuple[str, Path]
) -> None:
    url, root = authority
    house = copied(PLUMBLINE_TSA_URL=url, PLUMBLINE_TSA_CA=str(root))
    report = house.ask(house.cast.other_site)
    Authority.down = 1
    with pytest.raises(Unavailable):
        house.make(report)
    house.make(report, attempt=2)
    found = house.row(report)
    assert found.file is not None and found.file.level == "B-LT" and found.error == ""


@pytest.mark.parametrize(
    "wrong",
    [{"PLUMBLINE_TSA_URL": "tsa.example.com"}, {"PLUMBLINE_TSA_URL": "https://tsa.example.com"}],
)
def test_half_a_setting_stops_the_start(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(BadSetting, match="PLUMBLINE_TSA"):
        settings(tmp_path, **wrong)
