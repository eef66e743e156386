"""A grpcio server of the probe service on a free loopback port, which it prints.

server.py DESCRIPTORS [PRIVATE_KEY CERTIFICATE]
"""

import asyncio
import sys

import grpc
import grpc.aio

from probe import SERVICE, Messages, say, serialize

messages = Messages(sys.argv[1])
Reply = messages.reply


def reply_to(request, text, count):
    return Reply(text=text, count=count, data=bytes(request.reply_size) if request.reply_size else request.data)


async def pause(milliseconds):
    say("waiting")
    try:
        await asyncio.sleep(milliseconds / 1000)
    except asyncio.CancelledError:
        say("cancelled")
        raise


def begin(context):
    if any(key == "x-compress" for key, _ in context.invocation_metadata()):
        context.set_compression(grpc.Compression.Gzip)


async def act(request, context):
    trailers = [(key, value) for key, value in context.invocation_metadata() if key.startswith("x-")]
    early = [(key, value) for key, value in trailers if key == "x-initial"]
    if early:
        await context.send_initial_metadata(early)
    if any(key == "x-report-deadline" for key, _ in trailers):
        remaining = context.time_remaining()
        trailers.append(("x-deadline-in", str(int(remaining * 1000)) if remaining is not None else "none"))
    if request.delay:
        await pause(request.delay)
    if request.fail and request.data:
        trailers.append(("grpc-status-details-bin", request.data))
    context.set_trailing_metadata(trailers)
    if request.fail:
        code = next(code for code in grpc.StatusCode if code.value[0] == request.fail)
        await context.abort(code, request.text, tuple(trailers))


async def echo(request, context):
    begin(context)
    await act(request, context)
    return reply_to(request, request.text, 1)


async def collect(requests, context):
    texts, last = [], messages.request()
    async for request in requests:
        last = request
        texts.append(request.text)
    await act(last, context)
    return reply_to(last, " ".join(texts), len(texts))


async def repeat(request, context):
    for i in range(request.count):
        if i and request.delay:
            await pause(request.delay)
        yield reply_to(request, request.text, i)
    request.delay = 0
    await act(request, context)


async def converse(requests, context):
    begin(context)
    count = 0
    async for request in requests:
        await act(request, context)
        yield reply_to(request, request.text, count)
        count += 1


async def main():
    server = grpc.aio.server()
    options = dict(request_deserializer=messages.request.FromString, response_serializer=serialize)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {
        "Echo": grpc.unary_unary_rpc_method_handler(echo, **options),
        "Collect": grpc.stream_unary_rpc_method_handler(collect, **options),
        "Repeat": grpc.unary_stream_rpc_method_handler(repeat, **options),
        "Converse": grpc.stream_stream_rpc_method_handler(converse, **options),
        "Garbage": grpc.unary_unary_rpc_method_handler(echo, request_deserializer=messages.request.FromString, response_serializer=lambda _: b"\xff\xff\xff"),
    }),))
    if len(sys.argv) > 2:
        with open(sys.argv[2], "rb") as key, open(sys.argv[3], "rb") as chain:
            credentials = grpc.ssl_server_credentials([(key.read(), chain.read())])
        port = server.add_secure_port("127.0.0.1:0", credentials)
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    say(str(port))
    # The test ends the server by closing its input.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await server.stop(grace=None)


asyncio.run(main())
