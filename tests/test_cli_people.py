"""Commands about people, tokens, and secrets, through the command line itself, on both databases."""
from __future__ import annotations

import io
import json
import os
import re
import socket
from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest
import sqlalchemy as sa

from app import main
from runtime.errors import Refused
from runtime.pages import metrics
from runtime.people import accounts, passwords, second_factor, tokens
from runtime.people.person import SYSTEM
from runtime.system import jobs
from runtime.system.secrets import get_secret, seal, unseal
from runtime.system.tables import job, recovery_code
from runtime.system.tables import person as person_table
from runtime.system.workspace import Workspace

GOOD = "kettle boils at noon"
Tierloom = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", {"time_cost": 1, "memory_cost": 8, "parallelism": 1})


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Gives settings; those of the machine do not count."""
    for name in [each for each in os.environ if each.startswith("TIERLOOM_")]:
        monkeypatch.delenv(name)

    def give(**settings: str) -> None:
        for name, value in settings.items():
            monkeypatch.setenv(f"TIERLOOM_{name}", value)

    give(DATA_DIR=str(tmp_path), LOCALE="en", TIMEZONE="Asia/Shanghai", SECRET_KEY="a key for tests only", CLOCK="off")
    return give


@pytest.fixture
def tierloom(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], environment: Callable[..., None],
             database_url: str) -> Tierloom:
    """Runs a command on the test's database; gives exit code, standard output, standard error."""
    environment(DATABASE_URL=database_url)

    def run(*argv: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = main(list(argv))
        said = capsys.readouterr()
        return code, said.out.strip(), said.err.strip()

    return run


def test_setup_makes_the_first_account_and_prints_its_password_once(tierloom: Tierloom, workspace: Workspace):
    code, out, err = tierloom("setup", "--admin", "ada@example.com", "--workspace", "Loom & Co")

    assert (code, err) == (0, "")
    password = re.search(r"Password \(shown only now\): (\S+)", out)[1]
    with workspace.reading(SYSTEM) as act:
        ada, stored = accounts.password_of(act.connection, "ada@example.com")
    assert ada.is_builder and passwords.matches(stored, password)
    assert workspace.name == "Loom & Co" and str(workspace.zone) == "Asia/Shanghai"


def test_setup_leaves_the_language_of_the_first_person_to_their_browser(tierloom: Tierloom, workspace: Workspace):
    tierloom("setup", "--admin", "ada@example.com")
    with workspace.reading(SYSTEM) as act:
        assert accounts.by_email(act.connection, "ada@example.com").language is None
    assert workspace.language == "en"


def test_setup_takes_the_password_from_standard_input_and_prints_none(tierloom: Tierloom, workspace: Workspace):
    code, out, _err = tierloom("setup", "--admin", "ada@example.com", "--name", "Ada", "--password-stdin", "--json", stdin=GOOD + "\n")

    assert code == 0 and json.loads(out).keys() == {"id", "email"}
    with workspace.reading(SYSTEM) as act:
        ada, stored = accounts.password_of(act.connection, "ada@example.com")
    assert ada.name == "Ada" and passwords.matches(stored, GOOD)


def test_setup_works_once(tierloom: Tierloom):
    tierloom("setup", "--admin", "ada@example.com")

    code, out, err = tierloom("setup", "--admin", "bo@example.com")
    assert (code, out) == (1, "") and err.startswith("Somebody was quicker")


def test_a_weak_password_is_refused_and_leaves_nothing(tierloom: Tierloom):
    code, _out, err = tierloom("setup", "--admin", "ada@example.com", "--password-stdin", stdin="short\n")

    assert code == 1 and err == "The password needs at least 10 characters; this one has 5."
    assert tierloom("user", "list", "--json")[1] == "[]"


def test_people_are_added_listed_switched_off_and_on(tierloom: Tierloom):
    tierloom("setup", "--admin", "ada@example.com")

    code, out, _err = tierloom("user", "add", "Bo@example.com", "--role", "sales", "--role", "crm_lead")
    assert code == 0 and "/invite/" in out
    assert tierloom("user", "disable", "bo@example.com")[0] == 0
    people = json.loads(tierloom("user", "list", "--json")[1])
    assert [(each["email"], each["roles"], each["active"]) for each in people] == [
        ("ada@example.com", ["builder", "member"], True), ("bo@example.com", ["crm_lead", "sales"], False)]
    assert tierloom("user", "enable", people[1]["id"])[0] == 0
    assert "bo@example.com" in tierloom("user", "list")[1] and "(off)" not in tierloom("user", "list")[1]


def test_a_person_comes_with_departments_and_leaves_with_a_successor(tierloom: Tierloom, workspace: Workspace):
    tierloom("setup", "--admin", "ada@example.com")
    tierloom("user", "add", "bo@example.com", "--department", "Sales / North", "--department", "Service")

    people = json.loads(tierloom("user", "list", "--json")[1])
    assert [each["departments"] for each in people] == [[], ["north", "service"]]
    code, _out, err = tierloom("user", "disable", "bo@example.com", "--successor", "bo@example.com")
    assert code == 1 and "Choose somebody else" in err
    code, out, _err = tierloom("user", "disable", "bo@example.com", "--successor", "ada@example.com", "--json")
    assert code == 0 and json.loads(out) == {"id": people[1]["id"], "active": False, "moved": 0, "left": 0}


def test_a_file_of_people_is_taken_whole_or_not_at_all(tierloom: Tierloom, tmp_path: Path):
    tierloom("setup", "--admin", "ada@example.com")
    file = tmp_path / "people.csv"
    file.write_text("name,email\nBo,bo@example.com\nCy,cy\n")
    code, _out, err = tierloom("user", "import", str(file))
    assert code == 1 and "Line 3: Write an e-mail address" in err

    file.write_text("name,email,department\nBo,bo@example.com,Sales\nCy,cy@example.com,\n")
    code, out, _err = tierloom("user", "import", str(file), "--json")
    assert code == 0 and ["/invite/" in each["invitation"] for each in json.loads(out)] == [True, True]
    assert tierloom("user", "import", str(tmp_path / "nowhere.csv"))[0] == 1


def test_the_second_factor_of_a_locked_out_administrator_is_switched_off_on_the_machine(tierloom: Tierloom, workspace: Workspace):
    tierloom("setup", "--admin", "ada@example.com")
    secret = second_factor.new_secret()
    with workspace.reading(SYSTEM) as act:
        ada = accounts.named(act.connection, "ada@example.com")
    with workspace.writing(ada) as act:
        second_factor.switch_on(act, secret, pyotp.TOTP(secret).at(act.now))

    assert tierloom("user", "factor", "ada@example.com")[0] == 2
    assert tierloom("user", "factor", "--off", "ada@example.com")[0] == 0
    with workspace.reading(SYSTEM) as act:
        assert not second_factor.has_one(act.connection, ada.id)


def test_a_token_may_be_for_reading_only(tierloom: Tierloom, workspace: Workspace):
    tierloom("setup", "--admin", "ada@example.com")
    token = tierloom("token", "create", "ada@example.com", "--scope", "read", "--days", "7")[1]

    with workspace.reading(SYSTEM) as act:
        held = tokens.held(act.connection, token, act.now)
    assert held is not None and held.scope == "read" and not held.person.is_builder
    assert tierloom("token", "create", "ada@example.com", "--scope", "root")[0] == 2


def test_a_new_password_holds_and_ends_open_sessions(tierloom: Tierloom, workspace: Workspace):
    tierloom("setup", "--admin", "ada@example.com")

    assert tierloom("user", "password", "ada@example.com", "--password-stdin", stdin=GOOD)[0] == 0
    with workspace.reading(SYSTEM) as act:
        assert passwords.matches(accounts.password_of(act.connection, "ada@example.com")[1], GOOD)


def test_the_last_builder_is_kept_on_the_command_line_too(tierloom: Tierloom):
    tierloom("setup", "--admin", "ada@example.com")

    for command in (["user", "disable", "ada@example.com"], ["user", "roles", "ada@example.com", "member"]):
        code, _out, err = tierloom(*command)
        assert code == 1 and "the last one who may build" in err


def test_token_create_prints_the_token_alone_and_it_works(tierloom: Tierloom, workspace: Workspace):
    tierloom("setup", "--admin", "ada@example.com")

    code, token, _err = tierloom("token", "create", "ada@example.com", "--days", "3")
    assert code == 0 and re.fullmatch(r"tl_[\w-]{43}", token)
    with workspace.reading(SYSTEM) as act:
        assert tokens.held(act.connection, token, act.now).person.email == "ada@example.com"
    listed = json.loads(tierloom("token", "list", "ada@example.com", "--json")[1])
    assert tierloom("token", "revoke", "ada@example.com", str(listed[0]["id"]))[0] == 0
    with workspace.reading(SYSTEM) as act:
        assert tokens.held(act.connection, token, act.now) is None


def test_a_secret_comes_from_standard_input_and_only_its_name_is_shown(tierloom: Tierloom, workspace: Workspace):
    code, out, _err = tierloom("secret", "set", "stock_key", stdin="hush hush\n")

    assert code == 0 and "hush" not in out
    assert tierloom("secret", "list") == (0, "stock_key", "")
    with workspace.reading(SYSTEM) as act:
        assert get_secret(act.connection, workspace.settings.secret_key, "stock_key") == "hush hush"


def test_everything_sealed_is_sealed_with_another_key(tierloom: Tierloom, workspace: Workspace, environment: Callable[..., None]):
    tierloom("secret", "set", "stock_key", stdin="hush")
    with workspace.writing(SYSTEM) as act:
        someone, old = accounts.add(act, email="ning@example.com", name="Ning"), "a key for tests only"
        act.connection.execute(person_table.update().values(second_factor=seal(old, "JBSWY3DPEHPK3PXP")))
        act.connection.execute(recovery_code.insert().values(person=someone.id, code_hash="0" * 64))
        jobs.start(act, "letter", {"letter": "invitation", "to": someone.id, "link": seal(old, "https://here")})
    new = "a new key of more than thirty-two letters"

    assert tierloom("secret", "rekey", stdin="short")[0] == 1
    code, out, _err = tierloom("secret", "rekey", stdin=new)
    assert code == 0 and new not in out and "1 secrets, 1 second factors and 1 waiting letters" in out and "recovery codes of 1 people" in out
    with workspace.reading(SYSTEM) as act:
        assert get_secret(act.connection, new, "stock_key") == "hush"
        assert unseal(new, act.connection.execute(sa.select(person_table.c.second_factor)).scalar()) == "JBSWY3DPEHPK3PXP"
        assert unseal(new, json.loads(act.connection.execute(sa.select(job.c.payload)).scalar())["link"]) == "https://here"
        with pytest.raises(Refused):
            get_secret(act.connection, old, "stock_key")


def test_a_key_in_its_file_is_made_anew(tierloom: Tierloom, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.delenv("TIERLOOM_SECRET_KEY")
    monkeypatch.setenv("TIERLOOM_DATA_DIR", str(tmp_path))
    assert tierloom("secret", "set", "stock_key", stdin="hush")[0] == 0
    before = (tmp_path / "secret_key").read_text()

    assert tierloom("secret", "rekey")[0] == 0
    after = (tmp_path / "secret_key").read_text()
    assert after != before and (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600 and not (tmp_path / "secret_key.new").exists()
    with workspace.reading(SYSTEM) as act:
        assert get_secret(act.connection, after, "stock_key") == "hush"


@pytest.mark.parametrize(("command", "sentence"), [
    (["user", "password", "nobody@example.com"], "Nobody here has the e-mail address nobody@example.com."),
    (["user", "add", "bo@example.com"], "Nobody is there yet. Begin with: tierloom setup --admin E-MAIL"),
    (["token", "create", "7"], "Nobody here has the e-mail address 7."),
    (["secret", "set", "Bad-Name"], "Give the value on standard input"),
])
def test_what_is_refused_is_one_sentence_and_exit_code_1(tierloom: Tierloom, command: list[str], sentence: str):
    code, out, err = tierloom(*command)

    assert (code, out) == (1, "") and err.startswith(sentence) and len(err.splitlines()) == 1


def test_with_json_a_refusal_is_an_object(tierloom: Tierloom):
    code, out, _err = tierloom("user", "password", "nobody", "--json")

    assert code == 1 and json.loads(out) == {"detail": "Nobody here has the e-mail address nobody.", "errors": []}


@pytest.mark.parametrize("argv", [[], ["bogus"], ["user"], ["user", "add"], ["token", "create", "x", "--days", "many"]])
def test_wrong_usage_is_exit_code_2(tierloom: Tierloom, argv: list[str]):
    code, _out, err = tierloom(*argv)

    assert code == 2 and "usage: tierloom" in err


def test_every_command_has_help(capsys: pytest.CaptureFixture[str], environment: Callable[..., None]):
    main(["--help"])
    commands = re.findall(r"^    (\w+)  ", capsys.readouterr().out, re.M)

    assert {"serve", "worker", "setup", "user", "token", "secret", "upgrade", "doctor"} <= set(commands)
    for command in commands:
        assert main([command, "--help"]) == 0
        assert f"usage: tierloom {command}" in capsys.readouterr().out


def test_the_language_of_the_terminal_is_spoken(tierloom: Tierloom, environment: Callable[..., None]):
    environment(LOCALE="zh")

    assert tierloom("token", "create", "7")[2] == "这里没有人用邮箱 7。"


def test_upgrade_fills_an_empty_database_and_may_be_repeated(
        environment: Callable[..., None], empty_database_url: str, capsys: pytest.CaptureFixture[str]):
    environment(DATABASE_URL=empty_database_url)

    assert main(["upgrade"]) == main(["upgrade"]) == 0
    assert capsys.readouterr().out.splitlines() == ["The database is up to date."] * 2


# -- doctor and serve -----------------------------------------------------------------------------------------------------------
def test_doctor_says_what_it_looked_at(tierloom: Tierloom):
    code, out, _err = tierloom("doctor", "--json")

    looked_at = {each["what"]: each for each in json.loads(out)}
    assert {"settings", "disk", "database", "people", "queue", "pages"} <= looked_at.keys()
    assert "Nobody has an account yet." in looked_at["people"]["message"]
    assert code == (0 if all(each["ok"] for each in looked_at.values()) else 1)


def test_doctor_finds_a_secret_that_cannot_be_read_any_more(tierloom: Tierloom, environment: Callable[..., None]):
    tierloom("secret", "set", "stock_key", stdin="hush")
    environment(SECRET_KEY="another key")

    code, out, _err = tierloom("doctor")
    assert code == 1 and "! The secret stock_key was sealed with another SECRET_KEY. Set it again." in out


def test_doctor_works_without_a_database(environment: Callable[..., None], capsys: pytest.CaptureFixture[str]):
    environment(DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")

    assert main(["doctor"]) == 1
    assert "! The database cannot be opened" in capsys.readouterr().out


def test_a_database_that_does_not_answer_is_one_sentence(environment: Callable[..., None], capsys: pytest.CaptureFixture[str]):
    environment(DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")

    assert main(["user", "list"]) == 1
    assert re.fullmatch(r"The database cannot be used: .* Is TIERLOOM_DATABASE_URL right\?", capsys.readouterr().err.strip())


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Browser files, so that the pages can be served where nothing is built."""
    (tmp_path / "manifest.json").write_text("{}")
    monkeypatch.setitem(main.__globals__["create_app"].__kwdefaults__, "dist", tmp_path)


@pytest.mark.usefixtures("built")
def test_a_port_in_use_is_one_sentence_that_names_the_setting(
        environment: Callable[..., None], sqlite_workspace: Workspace, capsys: pytest.CaptureFixture[str]):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        environment(DATABASE_URL=sqlite_workspace.settings.database_url, PORT=str(port))

        assert main(["serve"]) == 1
    assert capsys.readouterr().err.strip().splitlines()[-1] == (
        f"Port {port} on 127.0.0.1 is in use. Choose another one with TIERLOOM_PORT, for example TIERLOOM_PORT={port + 1}.")


@pytest.mark.usefixtures("built")
def test_serve_says_where_it_runs_and_how_to_begin(
        environment: Callable[..., None], sqlite_workspace: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    def stopped_at_once(_server: object) -> None:
        raise KeyboardInterrupt

    environment(DATABASE_URL=sqlite_workspace.settings.database_url, WEB_PROCESSES="1")
    monkeypatch.setattr("waitress.server.TcpWSGIServer.run", stopped_at_once)
    monkeypatch.setattr("signal.signal", lambda *_ignored: None)

    assert main(["serve", "--port", str(_free_port())]) == 0
    said = capsys.readouterr().out
    assert re.search(r"^Tierloom is running at http://127\.0\.0\.1:\d+ ", said) and "Open it and create the first account." in said


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(("argv", "words"), [
    (["--port", "99999"], "99999 is no port."), (["--host", "192.0.2.1"], "Listening on 192.0.2.1, port 8000, does not work: "),
    (["--host", "no.such.host.invalid"], "Listening on no.such.host.invalid, port 8000, does not work: "),
])
def test_an_address_that_cannot_be_listened_on_is_one_sentence(
        environment: Callable[..., None], sqlite_workspace: Workspace, capsys: pytest.CaptureFixture[str], argv: list[str], words: str):
    environment(DATABASE_URL=sqlite_workspace.settings.database_url)

    assert main(["serve", *argv]) == 1
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith(words)
    assert metrics._SHARED == [], "figures are shared by the processes of a server; here none began"


def test_a_data_folder_that_cannot_be_written_is_one_sentence(environment: Callable[..., None], capsys: pytest.CaptureFixture[str]):
    environment(DATA_DIR="/proc/nothing")

    assert main(["serve"]) == 1
    assert capsys.readouterr().err.strip().startswith("The data folder /proc/nothing cannot be written")


def test_a_bad_setting_is_one_sentence(environment: Callable[..., None], capsys: pytest.CaptureFixture[str]):
    environment(PORT="many")

    assert main(["serve"]) == 1
    assert capsys.readouterr().err.strip() == "TIERLOOM_PORT is many; give a whole number from 1 to 65535."


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
