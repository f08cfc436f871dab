"""The programs that the parts compare: the limit, mio, and its peers."""
import pathlib

from results import BUILD, LUA
from serving import Program

HERE = pathlib.Path(__file__).resolve().parent
NGINX = f"{BUILD}/bench/nginx"
RUST = f"{BUILD}/bench/rust/release/mio_rust"


def own(name, file):
    """A server of servers/: in Lua, or a C program that was built."""
    lua = file.endswith(".lua")
    command = [LUA, HERE / "servers" / file] if lua else [f"{BUILD}/bench/{file}"]
    return Program(name, command, ends=True)


def built(name, file):
    """A peer's server in C."""
    return Program(name, [f"{BUILD}/bench/peers/{file}"], ends=False)


def rust(name, *arguments):
    return Program(name, [RUST, *arguments], ends=False)


def script(name, file, *arguments, interpreter=LUA):
    """A peer's server in Lua, or for another interpreter."""
    return Program(name, [interpreter, HERE / "peers" / file, *arguments], ends=False)


ECHO_LIMIT = own("the limit: C on epoll itself", "raw_epoll")
ECHO = (
    own("C: mio_poll", "mio_poll"),
    own("C: mio_loop_run", "mio_loop"),
    rust("Rust's mio"),
    built("C: libuv", "libuv"),
    built("C: libev", "libev"),
    built("C: libevent", "libevent"),
    own("Lua: mio, handlers, buffer", "echo_buffer.lua"),
    own("Lua: mio, handlers, strings", "echo_string.lua"),
    own("Lua: mio, poll, strings", "echo_poll.lua"),
    own("Lua: mio, tasks, buffer", "echo_tasks.lua"),
    own("Lua: mio, tasks, strings", "echo_task_strings.lua"),
    script("Lua: luv", "luv.lua"),
    script("Lua: luaevent", "luaevent.lua"),
    script("Lua: cqueues", "cqueues.lua"),
    script("Lua: copas", "copas.lua"),
)

UDP_LIMIT = own("the limit: C on epoll itself", "raw_udp")
UDP = (
    own("C: mio_loop_run", "mio_udp"),
    rust("Rust's mio", "udp"),
    built("C: libuv, recvmmsg", "libuv_udp"),
    built("C: libev", "libev_udp"),
    built("C: libevent", "libevent_udp"),
    own("Lua: mio, buffer", "udp_buffer.lua"),
    own("Lua: mio, strings", "udp_string.lua"),
    own("Lua: mio, batches", "udp_batch.lua"),
    script("Lua: luv, recvmmsg", "luv_udp.lua"),
    script("Lua: LuaSocket", "luasocket_udp.lua"),
)

HTTP_LIMIT = own("the limit: C on epoll itself", "raw_epoll_http")
HTTP = (
    own("C: mio_poll", "mio_poll_http"),
    own("C: mio_loop_run", "mio_loop_http"),
    rust("Rust's mio", "http"),
    built("C: libuv", "libuv_http"),
    built("C: libev", "libev_http"),
    built("C: libevent", "libevent_http"),
    own("Lua: mio, handlers", "http_handlers.lua"),
    own("Lua: mio, tasks", "http_tasks.lua"),
    script("nginx", "nginx.py", NGINX, interpreter="python3"),
    script("nginx with Lua", "nginx.py", NGINX, "lua", interpreter="python3"),
    script("node", "node.js", interpreter="node"),
)
