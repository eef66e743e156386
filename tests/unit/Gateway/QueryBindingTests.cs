using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Relais.Contracts.Channels.V1;
using Relais.Contracts.Knowledge.V1;
using Relais.Contracts.Routing.V1;
using Relais.Contracts.Surveys.V1;
using Relais.Gateway.JsonFace;

namespace Relais.Unit.Gateway;

public sealed class QueryBindingTests
{
    [Theory]
    [InlineData("?afterSequence=3&waitSeconds=5")]
    [InlineData("?after_sequence=3&wait_seconds=5")]
    [InlineData("?wait%53econds=5&afterSequence=%33&pageSize=")]
    public void Bind_fields_by_either_name_sets_them(string query)
    {
        var request = new ListMessagesRequest();
        Assert.Null(QueryBinding.Bind(request, query, []));
        Assert.Equal((3, 5, 0), (request.AfterSequence, request.WaitSeconds, request.PageSize));
    }

    [Theory]
    [InlineData("?from=2026-03-01", "2026-03-01T00:00:00Z")]
    [InlineData("?from=2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z")]
    [InlineData("?from=2026-03-01T10:00:00.123456789%2B02:00", "2026-03-01T08:00:00.123456789Z")]
    [InlineData("?from=2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00Z")]
    [InlineData("?from=1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z")]
    public void Bind_a_time_takes_RFC_3339_and_days(string query, string expected)
    {
        var request = new GetFiguresRequest();
        Assert.Null(QueryBinding.Bind(request, query, []));
        Assert.Equal($"\"{expected}\"", JsonFormatter.Default.Format(request.From));
    }

    [Theory]
    [InlineData("?from=yesterday")]
    [InlineData("?from=2026-02-30")]
    [InlineData("?from=2026-03-01T10:00:00")]
    [InlineData("?from=2026-03-01T10:00:00.Z")]
    [InlineData("?from=2026-03-01T10:00:00.1234567890Z")]
    [InlineData("?from=2026-03-01T25:00:00Z")]
    [InlineData("?from=1700000000")]
    public void Bind_what_is_no_time_says_what_is_one(string query)
    {
        var problem = QueryBinding.Bind(new GetFiguresRequest(), query, []);
        Assert.Equal((400, "request.wrong_type"), (problem?.Status, problem?.Code));
        Assert.Equal("from", Assert.Single(problem!.Errors).Field);
    }

    [Theory]
    [InlineData("?afterSequence=x", "request.wrong_type")]
    [InlineData("?afterSequence=1.5", "request.wrong_type")]
    [InlineData("?afterSequence=99999999999", "request.out_of_range")]
    [InlineData("?afterSequence=1e999999", "request.wrong_type")]
    [InlineData("?afterSequence=1&afterSequence=2", "request.duplicate_parameter")]
    [InlineData("?afterSequence=1&after_sequence=2", "request.duplicate_parameter")]
    [InlineData("?before=1", "request.unknown_parameter")]
    [InlineData("?conversationId=7", "request.unknown_parameter")]
    [InlineData("?after.sequence=7", "request.unknown_parameter")]
    [InlineData("?afterSequence.x=7", "request.unknown_parameter")]
    public void Bind_a_wrong_parameter_names_it(string query, string code)
    {
        var request = new ListMessagesRequest();
        var bound = new[] { ListMessagesRequest.Descriptor.FindFieldByName("conversation_id") };
        var problem = QueryBinding.Bind(request, query, bound);
        Assert.Equal((400, code), (problem?.Status, problem?.Code));
        Assert.Single(problem!.Errors);
    }

    [Fact]
    public void Bind_an_unknown_parameter_names_the_known_ones()
    {
        var problem = QueryBinding.Bind(new ListMessagesRequest(), "?before=1", [ListMessagesRequest.Descriptor.FindFieldByName("conversation_id")]);
        Assert.Equal("The query parameter 'before' is not known. Known are afterSequence, waitSeconds, pageSize.", problem?.Detail);
    }

    [Fact]
    public void Bind_text_keeps_it_and_refuses_NUL()
    {
        var request = new ListExpertsRequest();
        Assert.Null(QueryBinding.Bind(request, "?filter=presence%3AAVAILABLE+%F0%9F%91%8D&pageToken=", []));
        Assert.Equal("presence:AVAILABLE 👍", request.Filter);
        Assert.Equal("request.invalid_text", QueryBinding.Bind(request, "?filter=a%00b", [])?.Code);
    }

    [Fact]
    public void Bind_inner_repeated_and_enum_fields_sets_them()
    {
        var request = new CreateArticleRequest();
        Assert.Null(QueryBinding.Bind(request, "?exampleQuestions=a&exampleQuestions=b&bodyFormat=MARKDOWN", []));
        Assert.Equal(["a", "b"], request.ExampleQuestions);
        Assert.Equal(Article.Types.BodyFormat.Markdown, request.BodyFormat);

        var conversation = new CreateConversationRequest();
        Assert.Null(QueryBinding.Bind(conversation, "?customer.displayName=Ada&customer.email=ada@example.org", []));
        Assert.Equal(("Ada", "ada@example.org"), (conversation.Customer.DisplayName, conversation.Customer.Email));

        var problem = QueryBinding.Bind(request, "?bodyFormat=PDF", []);
        Assert.Equal(("request.unknown_value", "takes HTML, MARKDOWN"), (problem?.Code, problem!.Errors[0].Message));
    }

    [Fact]
    public void Bind_a_field_mask_reads_its_paths()
    {
        var request = new UpdateArticleRequest();
        Assert.Null(QueryBinding.Bind(request, "?updateMask=title,exampleQuestions", []));
        Assert.Equal(new FieldMask { Paths = { "title", "example_questions" } }, request.UpdateMask);
    }
}
