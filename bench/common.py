"""What the benchmarks share: a weir, an nginx and a mock upstream of their own, in a temporary folder."""
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("WEIR_BUILD") or ROOT / "build/release")


class Failed(Exception):
    pass


def build(*targets):
    subprocess.run(["ninja", "-C", str(BUILD), "--quiet", *targets], check=True, stdout=subprocess.DEVNULL)


def load_average():
    return os.getloadavg()[0]


def machine():
    """One line about where the figures come from."""
    with open("/proc/cpuinfo") as file:
        model = next((l.split(":", 1)[1].strip() for l in file if l.startswith("model name")), "unknown processor")
    with open("/etc/os-release") as file:
        system = next((l.split("=", 1)[1].strip().strip('"') for l in file if l.startswith("PRETTY_NAME=")), "Linux")
    return "%d cores, %s, %s, Linux %s" % (os.cpu_count(), model, system, os.uname().release)


def median(values):
    return statistics.median(values)


def fsync_us(folder, rounds=100):
    """Median of writing 4 KiB over allocated space and one fdatasync, in the ledger's folder."""
    path = pathlib.Path(folder) / "fsync-probe"
    times = []
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.pwrite(fd, bytes(1 << 20), 0)
        os.fsync(fd)
        for i in range(rounds):
            start = time.perf_counter()
            os.pwrite(fd, b"x" * 4096, (i % 256) * 4096)
            os.fdatasync(fd)
            times.append((time.perf_counter() - start) * 1e6)
    finally:
        os.close(fd)
        path.unlink()
    return median(times)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Child:
    """A child process that is ended when the block is left."""

    def __init__(self, command, first_line=None, env=None, stderr=None):
        self.process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=stderr,
                                        stdin=subprocess.DEVNULL, env=env, text=True)
        self.line = ""
        if first_line is not None:
            while first_line not in self.line:
                self.line = self.process.stdout.readline()
                if not self.line:
                    raise Failed("%s ended before it said %r" % (command[0], first_line))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self, sig=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(sig)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()

    def memory_kib(self, field="VmHWM"):
        with open("/proc/%d/status" % self.process.pid) as file:
            return next(int(line.split()[1]) for line in file if line.startswith(field + ":"))

    def cpu_s(self):
        with open("/proc/%d/stat" % self.process.pid) as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def weir_env(data):
    env = {k: v for k, v in os.environ.items() if not k.startswith("WEIR_") and k != "XDG_DATA_HOME"}
    return dict(env, WEIR_DATA=str(data), HOME=str(data))


def weir_config(folder, upstream_url, mode="guard"):
    path = pathlib.Path(folder) / "weir.toml"
    path.write_text('listen = "127.0.0.1:0"\nmode = "%s"\n[upstream.bench]\nurl = "%s"\n' % (mode, upstream_url))
    return path


class Weir(Child):
    def __init__(self, folder, upstream_url, binary=None, mode="guard"):
        self.data = pathlib.Path(folder) / "data"
        self.data.mkdir(exist_ok=True)
        self.binary = binary or BUILD / "weir"
        self.config = weir_config(folder, upstream_url, mode)
        super().__init__([self.binary, "up", "--config", self.config], "weir: listening on", weir_env(self.data))
        self.url = self.line.split("listening on", 1)[1].strip() + "/v1"
        self.token = (self.data / "token").read_text().strip()


class Mock(Child):
    def __init__(self, prefix="call_"):
        super().__init__([BUILD / "bench/bench_mock", prefix], "\n")
        self.url = "http://127.0.0.1:%d/v1" % int(self.line)


NGINX_CONF = """
daemon off;
master_process off;
pid {dir}/pid;
error_log {dir}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {dir}/body;
  proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/f;
  uwsgi_temp_path {dir}/u;
  scgi_temp_path {dir}/s;
  client_max_body_size 32m;
  client_body_buffer_size 2m;
  keepalive_requests 1000000;
  upstream model {{ server {upstream}; keepalive 128; keepalive_requests 1000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://model;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }}
  }}
}}
"""


class Nginx(Child):
    """A plain reverse proxy in one process, as weir is; connections to the upstream are kept, streams not held."""

    def __init__(self, folder, upstream_url):
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        if not os.access(program, os.X_OK):
            raise Failed("nginx is missing: apt-get install nginx-light")
        folder = pathlib.Path(folder) / "nginx"
        folder.mkdir()
        port = free_port()
        upstream = upstream_url.split("/")[2]
        (folder / "nginx.conf").write_text(NGINX_CONF.format(dir=folder, port=port, upstream=upstream))
        super().__init__([program, "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"],
                         stderr=subprocess.DEVNULL)
        self.url = "http://127.0.0.1:%d/v1" % port
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.01)
        raise Failed("nginx does not listen")


def load(url, token="", **options):
    """Runs bench_load; options with "_" as "-". Gives what it prints."""
    command = [str(BUILD / "bench/bench_load"), "--url", url]
    if token:
        command += ["--token", token]
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            command.append(flag)
        elif value is not False:
            command += [flag, str(value)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if run.returncode != 0:
        raise Failed("%s: %s" % (" ".join(command), run.stderr.strip()[-600:]))
    return json.loads(run.stdout)


def temporary():
    # Not /tmp where that is memory: the ledger's syncs must reach a disk.
    parent = BUILD / "bench-tmp"
    parent.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=parent)


def write_result(name, result):
    path = BUILD / ("bench-%s.json" % name)
    path.write_text(json.dumps(result, indent=1) + "\n")
    print("bench: figures in %s" % path, flush=True)
