"""Steps on a host that is reached by a real OpenSSH client and a real sshd."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from dreamc.errors import DreamError
from dreamc.provision.session import Answer, Connected, Step, open_session
from dreamc.provision.types import Address
from dreamc.provision.unreachable import Lost, TimedOut, Unreachable
from tests.sshd import Server, children, free_port, make_key

MEGABYTE = 1 << 20
NO_HOST = "x" * 64 + ".invalid"  # a label too long for any resolver: it is refused without asking one


@pytest.fixture(scope="module")
def box(shared_server: Server) -> Iterator[Connected]:
    """One session for many tests; it connects again by itself after those that break it."""
    shared_server.know(shared_server.host_key)
    session = Connected(shared_server.address(), keep=False)
    yield session
    session.close()


@pytest.fixture(scope="module")
def victim(shared_server: Server) -> Iterator[Server]:
    """Another server, whose connections may be cut without harm to other tests."""
    server = Server()
    yield server
    server.remove()


def why(address: Address) -> Unreachable:
    """Why this address cannot be reached."""
    session = open_session(address, keep=False)
    with pytest.raises(Unreachable) as caught:
        session.run(Step("hello", "echo hello"))
    session.close()
    return caught.value


def test_a_step_answers_with_its_code_and_both_streams(box: Connected) -> None:
    assert box.run(Step("a", "echo out; echo err >&2; exit 3")) == Answer(3, "out\n", "err\n")
    assert box.run(Step("b", "printf %s \"$HOME\" 'no line break'")).out.endswith("no line break")


def test_many_steps_share_one_exec(box: Connected, server: Server) -> None:
    session = Connected(server.address(), keep=False)
    before = server.logins()
    assert [session.run(Step("n", f"exit {code}")).code for code in range(20)] == list(range(20))
    assert session.execs == 1
    assert server.logins() == before + 1
    session.close()


def test_fifty_megabytes_go_both_ways_at_once(box: Connected) -> None:
    chunk = os.urandom(MEGABYTE)
    answer = box.run(Step("echo", "tee /dev/stderr | sha256sum >&1; ", 50 * MEGABYTE), (chunk for _ in range(50)))
    assert answer.code == 0
    assert len(answer.err) > 20 * MEGABYTE
    script = f"head -c {50 * MEGABYTE} /dev/zero & cat >/dev/null; wait"
    answer = box.run(Step("both", script, 50 * MEGABYTE), (chunk for _ in range(50)))
    assert (answer.code, len(answer.out), answer.out.strip("\0")) == (0, 50 * MEGABYTE, "")


def test_data_arrives_byte_for_byte(box: Connected) -> None:
    chunk = bytes(range(256)) * 4096
    expected = subprocess.run(["sha256sum"], input=chunk * 3, capture_output=True, check=True).stdout.decode()
    assert box.run(Step("sum", "sha256sum", 3 * len(chunk)), (chunk, b"", chunk, chunk)).out == expected


def test_bytes_come_back_as_they_are_and_the_same_exec_goes_on(box: Connected) -> None:
    box.run(Step("before", "true"))
    data, got, execs = os.urandom(20 * MEGABYTE), bytearray(), box.execs
    assert box.read(Step("a", "cat; echo err >&2; exit 3", len(data)), got.extend, (data,)) == Answer(3, "", "err\n")
    assert got == data
    assert box.run(Step("b", "echo after")).out == "after\n"
    assert box.execs == execs


def test_data_is_taken_as_the_host_takes_it(box: Connected) -> None:
    taken, before = 0, box.execs

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield bytes(MEGABYTE)

    answer = box.run(Step("full", "head -c 1000 >/dev/null; echo 'no space left'; exit 28", 1 << 50), endless())
    assert (answer.code, answer.out) == (28, "no space left\n")
    assert taken < 64
    assert box.run(Step("next", "echo again")).out == "again\n"
    assert box.execs == before + 1


def test_wrong_sizes_are_a_mistake_of_the_program_and_end_the_connection(box: Connected) -> None:
    with pytest.raises(ValueError, match="the data of short is not 5 bytes"):
        box.run(Step("short", "cat", 5), (b"abc",))
    with pytest.raises(ValueError, match="the data of long is not 2 bytes"):
        box.run(Step("long", "cat", 2), (b"abc",))
    assert box.run(Step("next", "echo again")).out == "again\n"


def test_lines_are_told_while_the_step_runs(box: Connected, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    seen: list[str] = []

    def line(text: str) -> None:
        seen.append(text)
        if text == "@first":
            # The step waits for this: had the line not been told at once, it would never end.
            gate.write_text("go\n")

    script = f"echo @first; read go <{gate}; printf '\\n@second\\n\\n'; echo to-err >&2; printf tail"
    answer = box.run(Step("follow", script), on_line=line, timeout=30)
    assert seen == ["@first", "", "@second", "", "tail"]
    assert answer.out == "@first\n\n@second\n\ntail"


def test_output_that_looks_like_the_protocol_is_only_output(box: Connected) -> None:
    script = "printf '\\n0123456789abcdef 0\\n\\nready ready\\n'; exit 9"
    assert box.run(Step("odd", script)) == Answer(9, "\n0123456789abcdef 0\n\nready ready\n", "")


def test_a_step_cannot_eat_the_next_one(box: Connected) -> None:
    assert box.run(Step("greedy", "cat; echo none")).out == "none\n"
    assert box.run(Step("next", "echo here")).out == "here\n"


def test_a_syntax_error_and_a_shell_that_exits_end_only_their_step(box: Connected) -> None:
    assert box.run(Step("bad", "if then (")).code == 2
    before = box.execs
    assert box.run(Step("exec", "exec sh -c 'exit 4'")).code == 4
    assert box.run(Step("set", "set -eu; false; echo never")).code == 1
    assert box.run(Step("next", "echo here")).out == "here\n"
    assert box.execs == before


def test_a_detached_process_outlives_the_session(server: Server, tmp_path: Path) -> None:
    gate, ended, proof = tmp_path / "gate", tmp_path / "ended", tmp_path / "proof"
    os.mkfifo(gate)
    os.mkfifo(ended)
    session = open_session(server.address(), keep=False)
    work = f"read word <{gate}; echo $word >{proof}; echo >{ended}"
    script = f"setsid sh -c '{work}' </dev/null >/dev/null 2>&1 &"
    assert session.run(Step("detach", script)).code == 0
    session.close()
    gate.write_text("alive\n")
    assert ended.read_text() == "\n"
    assert proof.read_text() == "alive\n"


def test_a_step_that_takes_too_long_is_given_up(box: Connected) -> None:
    assert box.run(Step("connect", ":")).code == 0
    with pytest.raises(TimedOut, match=r"sleepy took longer than 0\.5 s on box; it may still run there"):
        box.run(Step("sleepy", "echo; sleep 30"), timeout=0.5)
    assert box.run(Step("next", "echo here")).out == "here\n"


def test_a_killed_connection_is_lost_and_the_next_step_connects_again(victim: Server) -> None:
    def cut(line: str) -> None:
        victim.cut()

    session = Connected(victim.address(), keep=False)
    with pytest.raises(Lost) as caught:
        session.run(Step("upload", "echo begun; sleep 30"), on_line=cut, timeout=30)
    assert (caught.value.host, caught.value.step) == ("box", "upload")
    assert str(caught.value).startswith("the connection to box was lost during upload: ")
    assert session.run(Step("follow", "echo here")).out == "here\n"
    assert session.execs == 2
    session.close()


def test_data_that_was_cut_off_is_seen_by_the_script(victim: Server, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    os.mkfifo(proof)
    session = open_session(victim.address(), keep=False)

    def half() -> Iterator[bytes]:
        yield b"x" * 1000
        victim.cut()
        yield b"x" * 1000

    got: list[str] = []
    reader = Thread(target=lambda: got.append(proof.read_text()))
    reader.start()
    with pytest.raises(Lost):
        session.run(Step("upload", f"n=$(wc -c); echo $n of $DREAM_BYTES >{proof}", 2000), half())
    reader.join(10)
    arrived, announced = got[0].split(" of ")
    assert int(arrived) <= 1000 < int(announced)


def test_a_host_with_another_key_than_the_known_one_is_refused(server: Server, tmp_path: Path) -> None:
    server.know(make_key(tmp_path / "other"))
    error = why(server.address())
    shown = subprocess.run(["ssh-keygen", "-lf", f"{server.host_key}.pub"], capture_output=True, text=True, check=True)
    assert error.reason == "key-changed"
    assert shown.stdout.split()[1] in error.what
    assert f"ssh-keygen -f {server.known_hosts} -R '[127.0.0.1]:{server.port}'" in error.remedy


def test_a_host_whose_key_is_not_known_is_refused(server: Server) -> None:
    server.known_hosts.write_text("")
    assert why(server.address()).reason == "key-unknown"
    assert why(server.address("-o", "StrictHostKeyChecking=yes")).reason == "key-unknown"
    assert server.known_hosts.read_text() == ""


def test_a_key_that_the_host_does_not_know_is_refused(server: Server, tmp_path: Path) -> None:
    error = why(server.address(key=make_key(tmp_path / "stranger")))
    assert error.reason == "denied"
    assert "it takes publickey" in error.what
    assert str(tmp_path / "stranger") in error.remedy


def test_a_key_file_that_is_missing_or_open_to_all_is_named(server: Server, tmp_path: Path) -> None:
    assert why(server.address(key=tmp_path / "none")).reason == "key-file"
    key = tmp_path / "open"
    key.write_bytes(server.key.read_bytes())
    key.chmod(0o644)
    error = why(server.address(key=key))
    assert (error.reason, error.remedy) == ("key-file", f"chmod 600 {key}")


def test_a_port_where_nothing_listens_is_named(server: Server) -> None:
    port = free_port()
    error = why(server.address(port=port))
    assert (error.reason, error.what) == (
        "refused",
        f"box cannot be reached: 127.0.0.1 port {port} refuses connections",
    )
    assert (error.host, error.state) == ("box", "nothing was changed")


def test_a_name_without_an_address_is_named() -> None:
    error = why(Address("box", NO_HOST, options=("-F", "none")))
    assert error.reason == "unknown-host"
    assert f"no address is known for {NO_HOST}" in error.what


def test_a_mistake_in_the_options_is_shown(server: Server) -> None:
    error = why(server.address("-o", "NoSuchOption=1"))
    assert error.reason == "configuration"
    assert "nosuchoption" in error.what.lower()


def test_without_ssh_the_remedy_is_said(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert why(server.address()).reason == "no-ssh"


def test_a_jump_host_works(server: Server, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"Host jump\n  HostName 127.0.0.1\n  Port {server.port}\nHost *\n  IdentityFile {server.key}\n"
        f"  IdentitiesOnly yes\n  UserKnownHostsFile {server.known_hosts}\n"
    )
    before = server.logins()
    session = open_session(
        Address("box", "127.0.0.1", port=server.port, options=("-F", str(config), "-J", "jump")), keep=False
    )
    assert session.run(Step("hop", "echo there")).out == "there\n"
    session.close()
    assert server.logins() == before + 2
    config.write_text(config.read_text().replace(f"Port {server.port}", f"Port {free_port()}"))
    error = why(Address("box", "127.0.0.1", port=server.port, options=("-F", str(config), "-J", "jump")))
    assert error.reason == "jump"
    assert "Connection refused" in error.what


def test_the_user_s_own_proxy_command_is_used(server: Server, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    relay = f"ProxyCommand=sh -c 'echo used >{proof}; exec nc 127.0.0.1 {server.port}'"
    if not any(Path(folder, "nc").exists() for folder in os.environ["PATH"].split(":")):
        relay = f"ProxyCommand=sh -c 'echo used >{proof}; exec bash {_relay(tmp_path, server.port)}'"
    session = open_session(server.address("-o", relay), keep=False)
    assert session.run(Step("through", "echo there")).out == "there\n"
    session.close()
    assert proof.read_text() == "used\n"


def _relay(folder: Path, port: int) -> Path:
    script = folder / "relay"
    script.write_text(f"exec 3<>/dev/tcp/127.0.0.1/{port}; cat <&3 & cat >&3; wait\n")
    return script


def test_a_second_run_needs_no_new_handshake(server: Server, sockets: Path) -> None:
    address = server.address()
    before = server.logins()
    for run in range(3):
        session = open_session(address)
        assert session.run(Step("again", f"echo {run}")).out == f"{run}\n"
        session.close()
    assert server.logins() == before + 1
    assert sockets.stat().st_mode & 0o777 == 0o700
    for socket in [path for path in sockets.iterdir() if path.is_socket()]:
        subprocess.run(["ssh", "-o", f"ControlPath={socket}", "-O", "exit", "x"], check=True, capture_output=True)


def test_a_kept_connection_that_no_longer_answers_is_passed_over(
    victim: Server, sockets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_session(victim.address())
    assert first.run(Step("first", "echo here")).out == "here\n"
    first.close()
    assert victim.process is not None
    frozen = [inner for child in children(victim.process.pid) for inner in (child, *children(child))]
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        monkeypatch.setattr("dreamc.provision.session.KEPT", 1.0)
        session = Connected(victim.address())
        assert session.run(Step("second", "echo here")).out == "here\n"
        session.close()
        assert session.execs == 2
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGKILL)


def test_without_keeping_nothing_stays_open(server: Server, sockets: Path) -> None:
    session = open_session(server.address(), keep=False)
    assert session.run(Step("once", "echo here")).out == "here\n"
    session.close()
    assert not sockets.exists()


def test_the_user_s_own_control_path_is_kept_to(server: Server, sockets: Path, tmp_path: Path) -> None:
    config = sockets.parent / "config"
    own = sockets.parent / "own"
    config.write_text(f"Host *\n  ControlPath {own}\n  ControlMaster auto\n  ControlPersist 30\n")
    address = server.address()
    words = ("-F", str(config), *address.options[2:])
    session = open_session(Address("box", "127.0.0.1", "ssh", "", server.port, str(server.key), words))
    assert session.run(Step("once", "echo here")).out == "here\n"
    session.close()
    subprocess.run(["ssh", "-o", f"ControlPath={own}", "-O", "exit", "x"], check=True, capture_output=True)


def test_nothing_of_a_secret_is_on_any_command_line(box: Connected) -> None:
    secret = os.urandom(16).hex()
    seen: list[bytes] = []
    stop = Event()

    def sample() -> None:
        while not stop.is_set():
            for path in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        seen.append((path / name).read_bytes())
                    except OSError:
                        continue

    sampler = Thread(target=sample)
    sampler.start()
    data = secret.encode()
    try:
        for _ in range(20):
            assert box.run(Step("secrets", "wc -c", len(data)), (data,)).out == "32\n"
    finally:
        stop.set()
        sampler.join()
    assert len(seen) > 100
    assert not any(data in text for text in seen)


def test_noise_of_the_login_is_not_output(shared_server: Server, tmp_path: Path) -> None:
    server = Server(
        f'Banner {tmp_path}/banner\nForceCommand echo Welcome; echo warning >&2; eval "$SSH_ORIGINAL_COMMAND"\n'
    )
    (tmp_path / "banner").write_text("Authorized use only\n")
    session = open_session(server.address(), keep=False)
    assert session.run(Step("quiet", "echo here; echo there >&2")) == Answer(0, "here\n", "there\n")
    session.close()
    server.remove()


def test_a_server_that_is_gone_is_a_dream_error(shared_server: Server) -> None:
    own = Server()
    session = open_session(own.address(), keep=False)
    assert session.run(Step("a", "echo here")).code == 0
    own.stop()
    with pytest.raises(DreamError):
        session.run(Step("b", "echo here"))
    with pytest.raises(Unreachable, match="refuses connections"):
        session.run(Step("c", "echo here"))
    session.close()
    own.remove()
