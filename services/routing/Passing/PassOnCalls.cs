using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Relais.Common.Calls;
using Relais.Common.Hosting;
using Relais.Routing.Shards;

namespace Relais.Routing.Passing;

/// <summary>
/// Answers calls that need the engine where the shard's owner is: whatever method finds that it is not this replica is
/// called there in the caller's name, and the answer passed back.
/// </summary>
internal sealed class PassOnCalls(ShardOwnership ownership, ServiceAddresses addresses) : Interceptor
{
    /// <summary>Marks what was passed on, so that it is not passed on again.</summary>
    public const string Header = "relais-passed-on";

    // What says who calls and for whom. The trace's header is added by the connection.
    private static readonly string[] Carried = ["authorization", "relais-tenant", "relais-host"];

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Func<Uri, CancellationToken, Task<TResponse>>? there = context.RequestHeaders.GetValue(Header) is null
            ? (owner, stop) => CallAsync<TRequest, TResponse>(owner, request, context, stop)
            : null;
        return ownership.RunAsync(() => continuation(request, context), there, SafeCalls.IsSafe(context.Method, request), context.CancellationToken);
    }

    private async Task<TResponse> CallAsync<TRequest, TResponse>(Uri owner, TRequest request, ServerCallContext context, CancellationToken stop)
        where TRequest : class
        where TResponse : class
    {
        var headers = new Metadata { { Header, "1" } };
        foreach (var name in Carried)
        {
            if (context.RequestHeaders.GetValue(name) is { } value)
                headers.Add(name, value);
        }

        DateTime? deadline = context.Deadline == DateTime.MaxValue ? null : context.Deadline;
        return await addresses.ChannelTo(owner).AsyncUnaryCall(
            Unary<TRequest, TResponse>.Of(context.Method), null, new CallOptions(headers, deadline, stop), request);
    }

    private static class Unary<TRequest, TResponse>
        where TRequest : class
        where TResponse : class
    {
        public static Method<TRequest, TResponse> Of(string name)
        {
            var parts = name.Split('/');
            return new Method<TRequest, TResponse>(MethodType.Unary, parts[1], parts[2], Of<TRequest>(), Of<TResponse>());
        }

        private static Marshaller<T> Of<T>() where T : class => new(
            message => ((IMessage)message).ToByteArray(),
            bytes =>
            {
                var message = Activator.CreateInstance<T>();
                ((IMessage)message).MergeFrom(bytes);
                return message;
            });
    }
}
