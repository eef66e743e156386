using Google.Protobuf.WellKnownTypes;
using Relais.Channels.Domain;
using Relais.Channels.Domain.Assistant;
using Relais.Common.Data;
using Relais.Contracts.Types.V1;
using Proto = Relais.Contracts.Channels.V1;

namespace Relais.Channels.Grpc;

/// <summary>From the domain's words to the contract's.</summary>
internal static class Translate
{
    public static Proto.Conversation ToProto(this Conversation conversation) => new()
    {
        Id = conversation.Id.ToString(),
        Channel = conversation.Channel,
        Locale = conversation.Locale,
        State = conversation.State.ToProto(),
        CustomerId = conversation.CustomerId.ToString(),
        CustomerName = conversation.CustomerName,
        TicketId = conversation.TicketId?.ToString() ?? "",
        LastSequence = conversation.LastSequence,
        CreatedAt = conversation.CreatedAt.ToTimestamp(),
        Etag = Etags.Of(conversation),
    };

    public static Proto.Conversation.Types.State ToProto(this ConversationState state) => state switch
    {
        ConversationState.SelfCare => Proto.Conversation.Types.State.SelfCare,
        ConversationState.WithExpert => Proto.Conversation.Types.State.WithExpert,
        ConversationState.Resolved => Proto.Conversation.Types.State.Resolved,
        ConversationState.Closed => Proto.Conversation.Types.State.Closed,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    /// <param name="forCustomer">Whether it goes to the customer, who alone gets what answers their survey.</param>
    public static Proto.Message ToProto(this Message message, bool forCustomer)
    {
        var proto = new Proto.Message
        {
            Id = message.Id.ToString(),
            ConversationId = message.ConversationId.ToString(),
            Sequence = message.Sequence,
            Author = message.Author.ToProto(),
            AuthorName = message.AuthorName,
            Text = message.Text,
            CreatedAt = message.CreatedAt.ToTimestamp(),
        };
        if (message.Details is not { } details)
            return proto;
        proto.Citations.AddRange(details.Attempt?.Citations.Select(ToProto) ?? []);
        proto.Choices.AddRange(details.Choices.Select(ToProto));
        if (details.Survey is { } survey)
            proto.Survey = ToProto(survey, forCustomer);
        return proto;
    }

    /// <summary>The word for an author in events and JSON.</summary>
    public static string ToWord(this Author author) => author switch
    {
        Author.Customer => "CUSTOMER",
        Author.Assistant => "ASSISTANT",
        Author.Expert => "EXPERT",
        Author.System => "SYSTEM",
        _ => throw new ArgumentOutOfRangeException(nameof(author), author, null),
    };

    /// <summary>The word for a tier in events; one that a later version has added is <c>STANDARD</c> here.</summary>
    public static string ToWord(this CustomerTier tier) => tier switch
    {
        CustomerTier.Gold => "GOLD",
        CustomerTier.Vip => "VIP",
        _ => "STANDARD",
    };

    private static Proto.Message.Types.Author ToProto(this Author author) => author switch
    {
        Author.Customer => Proto.Message.Types.Author.Customer,
        Author.Assistant => Proto.Message.Types.Author.Assistant,
        Author.Expert => Proto.Message.Types.Author.Expert,
        Author.System => Proto.Message.Types.Author.System,
        _ => throw new ArgumentOutOfRangeException(nameof(author), author, null),
    };

    private static Relais.Contracts.Types.V1.Citation ToProto(Domain.Assistant.Citation citation) => new()
    {
        ArticleId = citation.ArticleId.ToString(),
        Version = citation.Version,
        Title = citation.Title,
        Confidence = citation.Confidence,
        Snippet = citation.Snippet,
    };

    private static Proto.Choice ToProto(Choice choice)
    {
        var proto = new Proto.Choice
        {
            Label = choice.Label,
            Action = choice.Action switch
            {
                ChoiceAction.ConfirmSolved => Proto.Choice.Types.Action.ConfirmSolved,
                ChoiceAction.AskAgain => Proto.Choice.Types.Action.AskAgain,
                ChoiceAction.RequestExpert => Proto.Choice.Types.Action.RequestExpert,
                _ => throw new ArgumentOutOfRangeException(nameof(choice), choice.Action, null),
            },
        };
        proto.Channels.AddRange(choice.Channels);
        return proto;
    }

    private static Proto.SurveyInvitation ToProto(Survey survey, bool forCustomer) => new()
    {
        Id = survey.Id.ToString(),
        Token = forCustomer ? survey.Token : "",
        Kind = survey.Kind,
        MinimumScore = survey.MinimumScore,
        MaximumScore = survey.MaximumScore,
    };
}
