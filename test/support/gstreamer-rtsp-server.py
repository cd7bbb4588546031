"""GStreamer's RTSP server on loopback, run by startGstreamerServer(). One JSON argument:

  streams     for each path a pipeline whose payloader is called pay0
  transports  some of tcp, udp and multicast
  login       user:password, demanded by Digest authentication; left out where none is

Prints its port; ends when its standard input does."""
import json
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

TRANSPORTS = {
    "tcp": GstRtsp.RTSPLowerTrans.TCP,
    "udp": GstRtsp.RTSPLowerTrans.UDP,
    "multicast": GstRtsp.RTSPLowerTrans.UDP_MCAST,
}


def factory_for(pipeline, options, pool):
    factory = GstRtspServer.RTSPMediaFactory.new()
    factory.set_launch(f"( {pipeline} )")
    factory.set_shared(True)
    protocols = GstRtsp.RTSPLowerTrans(0)
    for name in options["transports"]:
        protocols |= TRANSPORTS[name]
    factory.set_protocols(protocols)
    factory.set_address_pool(pool)
    return factory


def demand_login(server, factories, login):
    user, password = login.split(":")
    auth = GstRtspServer.RTSPAuth.new()
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    token = GstRtspServer.RTSPToken()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, user)
    auth.add_digest(user, password, token)
    server.set_auth(auth)
    for factory in factories:
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role(user, "media.factory.access", True)
        permissions.add_permission_for_role(user, "media.factory.construct", True)
        factory.set_permissions(permissions)


def main():
    options = json.loads(sys.argv[1])
    Gst.init(None)
    server = GstRtspServer.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service("0")
    pool = GstRtspServer.RTSPAddressPool.new()
    pool.add_range("239.255.77.1", "239.255.77.9", 35000, 35099, 1)
    factories = []
    for path, pipeline in options["streams"].items():
        factory = factory_for(pipeline, options, pool)
        server.get_mount_points().add_factory(path, factory)
        factories.append(factory)
    if "login" in options:
        demand_login(server, factories, options["login"])
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin, GLib.IO_HUP, lambda *_: loop.quit())
    loop.run()


main()
