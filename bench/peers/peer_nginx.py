"""nginx as a plain reverse proxy in front of both upstreams: connections are kept, streams are not held."""
import os
import shutil
import subprocess

import common
import peer

CONF = """
daemon off;
worker_processes {workers};
worker_rlimit_nofile 20000;
pid {dir}/pid;
error_log {dir}/error.log;
events {{ worker_connections 8192; }}
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
  upstream model {{ server {model}; keepalive 1024; keepalive_requests 1000000; }}
  upstream mcp {{ server {mcp}; keepalive 1024; keepalive_requests 1000000; }}
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_buffering off;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location /v1 {{ proxy_pass http://model; }}
    location /mcp {{ proxy_pass http://mcp; }}
  }}
}}
"""


class Nginx(peer.Peer):
    name = "nginx"
    made_of = "Debian's nginx-light"
    serves_mcp = True

    def install(self):
        self.program = shutil.which("nginx") or "/usr/sbin/nginx"
        if not os.access(self.program, os.X_OK):
            raise peer.Missing("nginx is missing: apt-get install nginx-light")
        return subprocess.run([self.program, "-v"], capture_output=True, text=True).stderr.strip().rsplit("/", 1)[-1]

    def start(self, folder, upstreams, workers):
        port = common.free_port()
        (folder / "nginx.conf").write_text(CONF.format(dir=folder, port=port, workers=workers, model=upstreams.model.split("/")[2],
                                                       mcp=upstreams.mcp.split("/")[2]))
        self.run([self.program, "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"], folder)
        self.url, self.mcp_url = "http://127.0.0.1:%d/v1" % port, "http://127.0.0.1:%d/mcp" % port
        self.wait_for("http://127.0.0.1:%d/" % port)
