using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Relais.Common.Failures;
using Relais.Contract.Hosting;
using Relais.Contracts.Channels.V1;
using Relais.Contracts.Identity.V1;
using Relais.Contracts.Knowledge.V1;
using Relais.Contracts.Platform.V1;
using ConversationsBase = Relais.Contracts.Channels.V1.Conversations.ConversationsBase;
using IdentityBase = Relais.Contracts.Identity.V1.Identity.IdentityBase;
using KnowledgeBase = Relais.Contracts.Knowledge.V1.Knowledge.KnowledgeBase;

namespace Relais.Contract.Gateway;

/// <summary>Conversations that show what reached them.</summary>
internal sealed class FakeConversations(CallLog log) : ConversationsBase
{
    public override Task<CreateConversationResponse> CreateConversation(CreateConversationRequest request, ServerCallContext context) =>
        Task.FromResult(new CreateConversationResponse
        {
            Conversation = new Conversation { Id = "c-1", Channel = request.Channel, Locale = request.Locale, CustomerName = request.Customer?.DisplayName ?? "" },
            AccessToken = $"{context.RequestHeaders.GetValue("relais-tenant")}|{context.RequestHeaders.GetValue("relais-host")}",
        });

    public override Task<Conversation> GetConversation(GetConversationRequest request, ServerCallContext context) => request.Id switch
    {
        "missing" => throw Failure.NotFound("conversation.not_found", "There is no such conversation.").ToRpcException(),
        "broken" => throw new InvalidOperationException("secret connection string"),
        "slow" => WaitAsync(request.Id, context),
        "private" => throw new Failure(FailureKind.Unauthenticated, "token.missing", "This call needs a token.").ToRpcException(),
        _ => Task.FromResult(new Conversation
        {
            Id = request.Id,
            CustomerName = context.RequestHeaders.GetValue("authorization") ?? "",
            State = Conversation.Types.State.WithExpert,
            CreatedAt = Timestamp.FromDateTime(new DateTime(2026, 3, 1, 10, 0, 0, DateTimeKind.Utc)),
            Etag = "\"3\"",
        }),
    };

    public override Task<Message> CreateMessage(CreateMessageRequest request, ServerCallContext context) =>
        Task.FromResult(new Message { ConversationId = request.ConversationId, Text = request.Text, Author = Message.Types.Author.Customer, Sequence = 1 });

    public override async Task<ListMessagesResponse> ListMessages(ListMessagesRequest request, ServerCallContext context)
    {
        log.Deadlines[request.ConversationId] = context.Deadline - DateTime.UtcNow;
        if (request.WaitSeconds > 0)
            await WaitAsync(request.ConversationId, context);
        return new ListMessagesResponse { Messages = { new Message { Sequence = request.AfterSequence + 1 } } };
    }

    public override Task<Conversation> ConfirmSolved(ConfirmSolvedRequest request, ServerCallContext context) =>
        throw new Failure(FailureKind.Exhausted, "conversation.too_often", "Wait a little.") { RetryAfter = TimeSpan.FromSeconds(2.5) }.ToRpcException();

    public override Task<RequestExpertResponse> RequestExpert(RequestExpertRequest request, ServerCallContext context) =>
        throw Failure.Invalid("request.invalid", "Correct the channel.", new FieldViolation("preferredChannel", "is not a channel.")).ToRpcException();

    private async Task<Conversation> WaitAsync(string id, ServerCallContext context)
    {
        log.Started(id);
        try
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }
        finally
        {
            log.Ended(id);
        }

        return new Conversation();
    }
}

/// <summary>What calls that wait have been through.</summary>
internal sealed class CallLog
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> moments = new(StringComparer.Ordinal);

    public ConcurrentDictionary<string, TimeSpan> Deadlines { get; } = new(StringComparer.Ordinal);

    /// <summary>How often somebody asked for all tenants.</summary>
    public int TenantReads { get; set; }

    /// <summary>Which target was asked to replay what; the same of what it was asked to discard.</summary>
    public string? LastReplay { get; set; }

    public string? LastDiscard { get; set; }

    public void Started(string id) => Moment("started " + id).TrySetResult();

    public void Ended(string id) => Moment("ended " + id).TrySetResult();

    public Task HasStarted(string id) => Moment("started " + id).Task.WaitAsync(TimeSpan.FromSeconds(30));

    public Task HasEnded(string id) => Moment("ended " + id).Task.WaitAsync(TimeSpan.FromSeconds(30));

    private TaskCompletionSource Moment(string name) => moments.GetOrAdd(name, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}

/// <summary>Articles whose answers tell what the request was.</summary>
internal sealed class FakeKnowledge : global::Relais.Contracts.Knowledge.V1.Knowledge.KnowledgeBase
{
    public override Task<Article> UpdateArticle(UpdateArticleRequest request, ServerCallContext context) => request.Etag.Trim('"') is "" or "3"
        ? Task.FromResult(new Article { Id = request.Id, Title = request.Title, Category = string.Join(',', request.UpdateMask.Paths), Etag = "\"4\"" })
        : throw Failure.Stale("article").ToRpcException();

    public override Task<ImportArticlesResponse> ImportArticles(ImportArticlesRequest request, ServerCallContext context) =>
        Task.FromResult(new ImportArticlesResponse { Imported = request.Articles.Count });

    public override Task<Article> CreateArticle(CreateArticleRequest request, ServerCallContext context) =>
        Task.FromResult(new Article { Title = request.Title, Body = request.Body });
}

/// <summary>Dead letters of every target.</summary>
internal sealed class FakeDeadLetters(CallLog log) : DeadLetters.DeadLettersBase
{
    public override Task<DeadLetter> GetDeadLetter(GetDeadLetterRequest request, ServerCallContext context) =>
        Task.FromResult(new DeadLetter { Id = request.Id, Key = request.Target, Place = DeadLetter.Types.Place.Queue, Payload = "{}" });

    public override Task<ReplayDeadLettersResponse> ReplayDeadLetters(ReplayDeadLettersRequest request, ServerCallContext context)
    {
        log.LastReplay = $"{request.Target}: {string.Join(' ', request.Ids)}";
        return Task.FromResult(new ReplayDeadLettersResponse { Replayed = 3 });
    }

    public override Task<DiscardDeadLettersResponse> DiscardDeadLetters(DiscardDeadLettersRequest request, ServerCallContext context)
    {
        log.LastDiscard = $"{request.Target}: {(request.Unreadable ? "unreadable" : string.Join(' ', request.Ids))}";
        return Task.FromResult(new DiscardDeadLettersResponse { Discarded = 2 });
    }
}

internal sealed class FakeIdentity(CallLog log, TestKeys keys) : global::Relais.Contracts.Identity.V1.Identity.IdentityBase
{
    public override Task<ClientToken> IssueClientToken(IssueClientTokenRequest request, ServerCallContext context)
    {
        if (request.ClientSecret is not ("s:e%c r+t" or GatewayFixture.ServiceSecret))
            throw new Failure(FailureKind.Unauthenticated, "client.unknown", "The client or its secret is wrong.").ToRpcException();
        if (request.Scope == "everything")
            throw Failure.Invalid("client.scope", "The client does not have that scope.", new FieldViolation("scope", "is not the client's.")).ToRpcException();
        return Task.FromResult(new ClientToken { AccessToken = "token of " + request.ClientId, ExpiresIn = 600, Scope = request.Scope.Length == 0 ? "tickets.read" : request.Scope });
    }

    public override Task<KeySet> GetKeySet(GetKeySetRequest request, ServerCallContext context) =>
        Task.FromResult(new KeySet { Keys = { keys.Public } });

    public override Task<ListTenantsResponse> ListTenants(ListTenantsRequest request, ServerCallContext context)
    {
        log.TenantReads++;
        return Task.FromResult(new ListTenantsResponse { Tenants = { new Tenant { Id = "acme" }, new Tenant { Id = "globex" } } });
    }
}
