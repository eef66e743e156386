"""A grpcio client: plays one scenario against a server and prints what it saw as JSON.

client.py DESCRIPTORS TARGET SCENARIO [ROOT_CERTIFICATE]
"""

import base64
import json
import sys
import threading

import grpc

from probe import SERVICE, Messages, say, serialize

messages = Messages(sys.argv[1])
target = sys.argv[2]
Request = messages.request


def open_channel(compression=None, limit=None):
    settings = []
    if limit is not None:
        settings = [("grpc.max_receive_message_length", limit), ("grpc.max_send_message_length", limit)]
    if len(sys.argv) > 4:
        with open(sys.argv[4], "rb") as file:
            credentials = grpc.ssl_channel_credentials(file.read())
        return grpc.secure_channel(target, credentials, options=settings, compression=compression)
    return grpc.insecure_channel(target, options=settings, compression=compression)


def method(channel, kind, name, service=SERVICE, request=None, reply=None):
    return getattr(channel, kind)(
        f"/{service}/{name}",
        request_serializer=serialize,
        response_deserializer=(reply or messages.reply).FromString,
    )


def echo(channel, request, **options):
    return method(channel, "unary_unary", "Echo").with_call(request, **options)


def pairs(metadata):
    return [[key, base64.b64encode(value).decode() if isinstance(value, bytes) else value] for key, value in metadata or ()]


def failure(error):
    return {"code": error.code().value[0], "details": error.details(), "trailers": pairs(error.trailing_metadata())}


def attempt(call):
    try:
        reply = call()
        return {"code": 0, "text": getattr(reply, "text", None)}
    except grpc.RpcError as error:
        return failure(error)


def kinds():
    channel = open_channel()
    unary = echo(channel, Request(text="bonjour 👋"))[0].text
    collected = method(channel, "stream_unary", "Collect")(iter([Request(text=word) for word in "abc"])).text
    repeated = [reply.count for reply in method(channel, "unary_stream", "Repeat")(Request(text="x", count=5))]
    conversed = [reply.text for reply in method(channel, "stream_stream", "Converse")(iter([Request(text=f"turn {i}") for i in range(20)]))]
    empty = [reply.text for reply in method(channel, "unary_stream", "Repeat")(Request(count=0))]
    return {"unary": unary, "collected": collected, "repeated": repeated, "conversed": conversed, "empty": empty}


def metadata():
    channel = open_channel()
    sent = (("x-text", "one"), ("x-text", "two"), ("x-data-bin", b"\x00\x01\xff"), ("x-data-bin", b""), ("x-initial", "early"), ("x-large", "a" * 6000))
    reply, call = echo(channel, Request(text="m"), metadata=sent)
    return {"trailers": pairs(call.trailing_metadata()), "initial": pairs(call.initial_metadata())}


def statuses():
    channel = open_channel()
    results = [attempt(lambda code=code: echo(channel, Request(text=f"détail {code} 100% \n fin", fail=code))[0]) for code in range(1, 17)]
    results.append(attempt(lambda: echo(channel, Request(fail=100))[0]))
    return {"results": results}


def rich():
    return attempt(lambda: echo(open_channel(), Request(text="rich", fail=3, data=bytes(range(256))))[0])


def streamed_failure():
    replies = []
    try:
        for reply in method(open_channel(), "unary_stream", "Repeat")(Request(text="then", count=3, fail=9)):
            replies.append(reply.count)
        return {"code": 0}
    except grpc.RpcError as error:
        return {**failure(error), "replies": replies}


def deadline():
    channel = open_channel()
    reported = echo(channel, Request(text="in time"), timeout=30, metadata=(("x-report-deadline", "1"),))[1]
    missed = attempt(lambda: echo(channel, Request(text="late", delay=60000), timeout=0.3)[0])
    return {"reported": pairs(reported.trailing_metadata()), "missed": missed}


def cancel():
    call = method(open_channel(), "unary_stream", "Repeat")(Request(text="x", count=10, delay=60000))
    next(call)
    call.cancel()
    try:
        next(call)
        return {"code": 0}
    except grpc.RpcError as error:
        return failure(error)


def compression():
    channel = open_channel(compression=grpc.Compression.Gzip)
    text = "relais " * 5000
    reply, call = echo(channel, Request(text=text))
    turns = [reply.text == text for reply in method(channel, "stream_stream", "Converse")(iter([Request(text=text)] * 3))]
    return {"same": reply.text == text, "turns": turns, "trailers": pairs(call.trailing_metadata())}


def deflate():
    reply, call = echo(open_channel(compression=grpc.Compression.Deflate), Request(text="relais " * 5000))
    return {"same": reply.text == "relais " * 5000, "trailers": pairs(call.trailing_metadata())}


def sizes():
    channel = open_channel(limit=64 * 1024 * 1024)
    large = 4 * 1024 * 1024
    return {
        "fits": attempt(lambda: echo(channel, Request(data=b"x" * (large - 100)))[0]),
        "too_large": attempt(lambda: echo(channel, Request(data=b"x" * (large + 1)))[0]),
        "reply": len(echo(channel, Request(reply_size=3 * large))[0].data),
        "compressed_too_large": attempt(lambda: echo(open_channel(compression=grpc.Compression.Gzip, limit=-1), Request(data=b"x" * (large + 1)))[0]),
    }


def unknown():
    channel = open_channel()
    empty = Request()
    return {
        "method": attempt(lambda: method(channel, "unary_unary", "Nothing")(empty)),
        "service": attempt(lambda: method(channel, "unary_unary", "Nothing", service="nobody.Home")(empty)),
        "stream": attempt(lambda: list(method(channel, "stream_stream", "Nothing")(iter([empty])))),
    }


def garbage():
    """Bytes in a good frame that are no message."""
    channel = open_channel()
    raw = channel.unary_unary(f"/{SERVICE}/Echo", request_serializer=bytes, response_deserializer=bytes)
    return {"first": attempt(lambda: raw(b"\xff\xff\xff")), "after": attempt(lambda: echo(channel, Request(text="still here"))[0])}


def streams():
    """A thousand streams; the service holds each after its first reply until all of them are there."""
    channel = open_channel()
    repeat = method(channel, "unary_stream", "Repeat")
    calls = [repeat(Request(text="gate", count=2), timeout=120) for _ in range(1000)]
    outcomes = []
    for call in calls:
        try:
            outcomes.append("ok" if [reply.count for reply in call] == [0, 1] else "wrong replies")
        except grpc.RpcError as error:
            outcomes.append(f"{error.code()} {error.details()}")
    return {outcome: outcomes.count(outcome) for outcome in set(outcomes)}


def health():
    channel = open_channel()
    request_type = messages.type("grpc.health.v1.HealthCheckRequest")
    reply_type = messages.type("grpc.health.v1.HealthCheckResponse")

    def check(service):
        try:
            return method(channel, "unary_unary", "Check", "grpc.health.v1.Health", reply=reply_type)(request_type(service=service)).status
        except grpc.RpcError as error:
            return error.code().name

    watch = method(channel, "unary_stream", "Watch", "grpc.health.v1.Health", reply=reply_type)(request_type(service=""))
    seen = [next(watch).status]
    say("watching")
    sys.stdin.readline()
    seen.append(next(watch).status)
    watch.cancel()
    return {"server": check(""), "unknown": check("nobody"), "watched": seen}


def reflection():
    channel = open_channel()
    results = {}
    for version in ("v1", "v1alpha"):
        request_type = messages.type(f"grpc.reflection.{version}.ServerReflectionRequest")
        reply_type = messages.type(f"grpc.reflection.{version}.ServerReflectionResponse")
        ask = method(channel, "stream_stream", "ServerReflectionInfo", f"grpc.reflection.{version}.ServerReflection", reply=reply_type)
        replies = list(ask(iter([
            request_type(list_services=""),
            request_type(file_containing_symbol=SERVICE),
            request_type(file_by_filename="probe.proto"),
            request_type(file_containing_symbol="nobody.Home"),
        ])))
        results[version] = {
            "services": [service.name for service in replies[0].list_services_response.service],
            "files": [len(reply.file_descriptor_response.file_descriptor_proto) for reply in replies[1:3]],
            "error": replies[3].error_response.error_code,
        }
    return results


def many():
    """Calls from several threads on one connection while streams come and go."""
    channel = open_channel()
    bad = []

    def work(worker):
        for i in range(50):
            text = f"{worker}/{i}"
            if echo(channel, Request(text=text))[0].text != text:
                bad.append(text)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"bad": bad}


say(json.dumps(globals()[sys.argv[3]]()))
