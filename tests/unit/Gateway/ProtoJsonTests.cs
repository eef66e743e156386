using System.Buffers;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Relais.Contracts.Channels.V1;
using Relais.Contracts.Errors;
using Relais.Contracts.Knowledge.V1;
using Relais.Contracts.Routing.V1;
using Relais.Contracts.Surveys.V1;
using Relais.Contracts.Tickets.V1;
using Relais.Contracts.Types.V1;
using Relais.Gateway.JsonFace;
using Enum = System.Enum;
using Type = System.Type;

namespace Relais.Unit.Gateway;

public sealed class ProtoJsonTests
{
    private static readonly JsonFormatter Oracle = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    public static TheoryData<string, Type> Messages => new()
    {
        { "ticket", typeof(Ticket) }, { "article", typeof(Article) }, { "figures", typeof(Figures) }, { "decision", typeof(Decision) },
        { "message", typeof(Message) }, { "error info", typeof(ErrorInfo) }, { "retry info", typeof(RetryInfo) }, { "bad request", typeof(BadRequest) },
        { "import", typeof(ImportArticlesRequest) }, { "update", typeof(UpdateArticleRequest) },
    };

    /// <summary>Protobuf's own JSON code is the oracle: what one side writes the other reads.</summary>
    [Theory]
    [MemberData(nameof(Messages))]
    public void Messages_read_and_write_as_protobufs_own_JSON(string name, Type type)
    {
        var descriptor = ((IMessage)Activator.CreateInstance(type)!).Descriptor;
        var random = new Random(name.Length * 7919);
        for (var round = 0; round < 200; round++)
        {
            var message = Fill(descriptor, random, depth: 3);

            var written = Write(message);
            Assert.Equal(message, JsonParser.Default.Parse(written, descriptor));

            var read = MessageShape.NewMessage(descriptor);
            Assert.Null(Read(Oracle.Format(message), read));
            Assert.Equal(message, read);

            var again = MessageShape.NewMessage(descriptor);
            Assert.Null(Read(written, again, segment: 7));
            Assert.Equal(message, again);
        }
    }

    [Fact]
    public void Write_shows_defaults_and_leaves_out_what_is_unset()
    {
        Assert.Equal("""{"messages":[]}""", Write(new ListMessagesResponse()));
        Assert.Equal(
            """{"id":"","conversationId":"","sequence":0,"author":"ASSISTANT","authorName":"","text":"é 👍 مرحبا","citations":[],"choices":[]}""",
            Write(new Message { Author = Message.Types.Author.Assistant, Text = "é 👍 مرحبا" }));
        Assert.Equal("""{"csat":0,"groups":[]}""", Write(new Figures { Csat = 0 }));
    }

    [Theory]
    [InlineData("👍 مرحبا e\u0301 \u202E \u2028 \"\\/ <script> \t\r\n \u007F \uFEFF")]
    [InlineData("")]
    public void Text_comes_back_as_it_went_in(string text)
    {
        var message = new CreateMessageRequest();
        Assert.Null(Read(Write(new CreateMessageRequest { Text = text }), message));
        Assert.Equal(text, message.Text);
    }

    [Theory]
    [InlineData("""{"text":"a" "b"}""", "request.malformed_json", "")]
    [InlineData("""{"text":"a",}""", "request.malformed_json", "")]
    [InlineData("""{"text":"a"} x""", "request.malformed_json", "")]
    [InlineData("""{"text":"a"}{}""", "request.malformed_json", "")]
    [InlineData("""{"text":""", "request.malformed_json", "")]
    [InlineData("""{"text":'a'}""", "request.malformed_json", "")]
    [InlineData("{\"text\":\"a\nb\"}", "request.malformed_json", "")]
    [InlineData("{\"text\":/* why */\"a\"}", "request.malformed_json", "")]
    [InlineData("null", "request.wrong_type", "")]
    [InlineData("[]", "request.wrong_type", "")]
    [InlineData("\"text\"", "request.wrong_type", "")]
    [InlineData("""{"txt":"a"}""", "request.unknown_field", "txt")]
    [InlineData("""{"Text":"a"}""", "request.unknown_field", "Text")]
    [InlineData("""{"text":"a","text":"b"}""", "request.duplicate_field", "text")]
    [InlineData("""{"requestId":"a","request_id":"b"}""", "request.duplicate_field", "requestId")]
    [InlineData("""{"text":5}""", "request.wrong_type", "text")]
    [InlineData("""{"text":["a"]}""", "request.wrong_type", "text")]
    [InlineData("""{"text":{"a":1}}""", "request.wrong_type", "text")]
    [InlineData("""{"text":"a\u0000b"}""", "request.invalid_text", "text")]
    [InlineData("""{"text":"\ud83d"}""", "request.invalid_text", "text")]
    [InlineData("""{"text":"\ude00\ud83d"}""", "request.invalid_text", "text")]
    [InlineData("""{"te\ud83dxt":"a"}""", "request.invalid_text", "")]
    public void Read_what_is_wrong_in_a_message_has_its_code_and_field(string json, string code, string field)
    {
        var fault = Read(json, new CreateMessageRequest());
        Assert.Equal((code, field), (fault?.Code, fault?.Field));
    }

    [Theory]
    [InlineData("""{"requiredSkills":{}}""", "request.wrong_type", "requiredSkills")]
    [InlineData("""{"requiredSkills":[{"skill":"a"},{"level":2}]}""", "request.unknown_field", "requiredSkills[1].level")]
    [InlineData("""{"requiredSkills":[{"minimumLevel":"x"}]}""", "request.wrong_type", "requiredSkills[0].minimumLevel")]
    [InlineData("""{"requiredSkills":[{"minimumLevel":2.5}]}""", "request.wrong_type", "requiredSkills[0].minimumLevel")]
    [InlineData("""{"requiredSkills":[{"minimumLevel":2147483648}]}""", "request.out_of_range", "requiredSkills[0].minimumLevel")]
    [InlineData("""{"requiredSkills":[{"minimumLevel":1e300}]}""", "request.out_of_range", "requiredSkills[0].minimumLevel")]
    [InlineData("""{"requiredSkills":[null]}""", "request.wrong_type", "requiredSkills[0]")]
    [InlineData("""{"exampleQuestions":["a",5]}""", "request.wrong_type", "exampleQuestions[1]")]
    [InlineData("""{"bodyFormat":"PDF"}""", "request.unknown_value", "bodyFormat")]
    [InlineData("""{"bodyFormat":"html"}""", "request.unknown_value", "bodyFormat")]
    [InlineData("""{"bodyFormat":9}""", "request.unknown_value", "bodyFormat")]
    [InlineData("""{"bodyFormat":true}""", "request.wrong_type", "bodyFormat")]
    public void Read_what_is_wrong_deeper_names_the_path(string json, string code, string field)
    {
        var fault = Read(json, new CreateArticleRequest());
        Assert.Equal((code, field), (fault?.Code, fault?.Field));
    }

    [Theory]
    [InlineData("1", "articles[250000]")]
    [InlineData("[[1,1,1],[1,1,1],1]", "articles[25000]")]
    [InlineData("{\"a\":{\"b\":[1,1],\"c\":null},\"d\":1,\"e\":2,\"f\":3,\"g\":4}", "articles[25000]")]
    public void Read_ends_at_so_many_values_however_they_are_nested(string entry, string field)
    {
        var fault = Read($"{{\"articles\":[{string.Join(',', Enumerable.Repeat(entry, 250_001))}]}}", new ImportArticlesRequest());
        Assert.Equal(("request.too_many_values", field), (fault?.Code, fault?.Field));
        Assert.Null(Read($"{{\"articles\":[{string.Join(',', Enumerable.Repeat(entry, 25_000))}]}}", new ImportArticlesRequest()));
    }

    [Fact]
    public void Read_faults_say_where_they_stand()
    {
        Assert.Equal("takes a string, but a number was given (line 3, byte 11)", Read("{\n\"requestId\": \"é\",\n  \"text\": 5}", new CreateMessageRequest())?.Message);
        Assert.StartsWith("The body is not valid JSON at line 2, byte 3:", Read("{\n  x}", new CreateMessageRequest())?.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Change the reader options", Read("""{"text":"a",}""", new CreateMessageRequest())?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_the_mappings_liberties_are_taken()
    {
        var article = new CreateArticleRequest();
        Assert.Null(Read(
            """{"title":null,"requiredSkills":[{"minimumLevel":"3"},{"minimumLevel":4.0},{"minimum_level":5e0}],"exampleQuestions":null,"bodyFormat":2}""", article));
        Assert.Equal(("", 0, Article.Types.BodyFormat.Markdown), (article.Title, article.ExampleQuestions.Count, article.BodyFormat));
        Assert.Equal([3, 4, 5], article.RequiredSkills.Select(skill => skill.MinimumLevel));

        var citation = new Citation();
        Assert.Null(Read("""{"confidence":"0.5"}""", citation));
        Assert.Equal(0.5, citation.Confidence);
        Assert.Equal("request.out_of_range", Read("""{"confidence":1e999}""", citation)?.Code);
        Assert.Equal("request.wrong_type", Read("""{"confidence":"1e999"}""", citation)?.Code);
    }

    [Fact]
    public void Read_bytes_that_are_not_UTF_8_are_refused()
    {
        byte[] json = [.. "{\"text\":\""u8, 0xC3, 0x28, .. "\"}"u8];
        var fault = ProtoJsonReader.Read(new ReadOnlySequence<byte>(json), new CreateMessageRequest());
        Assert.Equal(("request.invalid_text", "text"), (fault?.Code, fault?.Field));
    }

    [Fact]
    public void Read_a_byte_order_mark_is_passed_over()
    {
        var message = new CreateMessageRequest();
        Assert.Null(Read("\uFEFF{\"text\":\"a\"}", message));
        Assert.Equal("a", message.Text);
    }

    [Fact]
    public void Read_nesting_within_the_limit_travels_and_beyond_it_is_refused()
    {
        // The request and its list are two levels of the depth.
        string Nested(int levels) =>
            $$"""{"articles":[{{string.Concat(Enumerable.Repeat("{\"a\":", levels))}}1{{new string('}', levels)}}]}""";

        var request = new ImportArticlesRequest();
        Assert.Null(Read(Nested(ProtoJsonReader.MaxDepth - 2), request));
        Assert.Equal(request, ImportArticlesRequest.Parser.ParseFrom(request.ToByteArray()));
        Assert.Equal("request.too_deep", Read(Nested(ProtoJsonReader.MaxDepth - 1), new ImportArticlesRequest())?.Code);
        Assert.Equal("request.too_deep", Read("{\"articles\":" + new string('[', 100_000), new ImportArticlesRequest())?.Code);
    }

    [Fact]
    public void Read_free_values_keep_what_was_given()
    {
        var request = new ImportArticlesRequest();
        const string json = """{"articles":[{"a":[1,null,true,"x"],"b":{"c":-1.5e3}},null,"text",[],7]}""";
        Assert.Null(Read(json, request));
        Assert.Equal(5, request.Articles.Count);
        Assert.Equal(JsonParser.Default.Parse<ImportArticlesRequest>(json), request);
        Assert.Equal("request.duplicate_field", Read("""{"articles":[{"a":1,"a":2}]}""", new ImportArticlesRequest())?.Code);
        Assert.Equal("articles[0].a.b", Read("""{"articles":[{"a":{"b":"\u0000"}}]}""", new ImportArticlesRequest())?.Field);
    }

    [Fact]
    public void Read_maps_and_durations_report_their_faults()
    {
        Assert.Equal("metadata.k", Read("""{"metadata":{"k":5}}""", new ErrorInfo())?.Field);
        Assert.Equal("metadata.k", Read("""{"metadata":{"k":"a","k":"b"}}""", new ErrorInfo())?.Field);
        Assert.Equal("retryDelay", Read("""{"retryDelay":"5"}""", new RetryInfo())?.Field);
        Assert.Equal("retryDelay", Read("""{"retryDelay":5}""", new RetryInfo())?.Field);
    }

    [Fact]
    public void Read_names_the_fields_that_were_given_for_a_mask()
    {
        var given = new List<FieldDescriptor>();
        Assert.Null(ProtoJsonReader.Read(
            new ReadOnlySequence<byte>("""{"requestId":"r","id":"7","title":"t","example_questions":null,"etag":"e"}"""u8.ToArray()), new UpdateArticleRequest(), given));
        var method = ApiMethod.All.Single(method => method.FullName == "/relais.knowledge.v1.Knowledge/UpdateArticle");
        Assert.Equal(["title", "example_questions"], RequestReader.MaskOf(given, method.Bindings[0], method).Paths);
    }

    private static JsonFault? Read(string json, IMessage message, int segment = int.MaxValue) =>
        ProtoJsonReader.Read(Segments(Encoding.UTF8.GetBytes(json), segment), message);

    private static string Write(IMessage message)
    {
        var output = new ArrayBufferWriter<byte>();
        ProtoJsonWriter.Write(output, message);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Bytes in pieces, as they come from a socket.</summary>
    private static ReadOnlySequence<byte> Segments(byte[] bytes, int size)
    {
        if (bytes.Length <= size)
            return new ReadOnlySequence<byte>(bytes);
        var first = new Piece(bytes.AsMemory(0, size), 0);
        var last = first;
        for (var at = size; at < bytes.Length; at += size)
            last = last.Append(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private static IMessage Fill(MessageDescriptor type, Random random, int depth)
    {
        switch (type.FullName)
        {
            case "google.protobuf.Timestamp":
                return new Timestamp { Seconds = random.NextInt64(-62135596800, 253402300799), Nanos = new[] { 0, 5_000_000, 17_000, 123_456_789 }[random.Next(4)] };
            case "google.protobuf.Duration":
                return new Duration { Seconds = random.Next(), Nanos = random.Next(2) * 500_000_000 };
            case "google.protobuf.FieldMask":
                return new FieldMask { Paths = { "title", "example_questions" } };
            case "google.protobuf.Value":
                return random.Next(depth > 0 ? 6 : 4) switch
                {
                    0 => Value.ForNull(),
                    1 => Value.ForBool(random.Next(2) == 0),
                    2 => Value.ForNumber(Math.Round(random.NextDouble() * 1e6, 3)),
                    3 => Value.ForString(Text(random)),
                    4 => Value.ForList((Value)Fill(type, random, depth - 1), (Value)Fill(type, random, depth - 1)),
                    _ => Value.ForStruct(new Struct { Fields = { ["k" + Text(random)] = (Value)Fill(type, random, depth - 1) } }),
                };
        }

        var message = MessageShape.NewMessage(type);
        foreach (var field in type.Fields.InFieldNumberOrder())
        {
            if (random.Next(4) == 0 || (field.FieldType == FieldType.Message && depth == 0))
                continue;
            if (field.IsMap)
                ((System.Collections.IDictionary)field.Accessor.GetValue(message)).Add(Text(random), Single(field.MessageType.FindFieldByName("value"), random, depth));
            else if (field.IsRepeated)
            {
                for (var count = random.Next(3); count > 0; count--)
                    ((System.Collections.IList)field.Accessor.GetValue(message)).Add(Single(field, random, depth));
            }
            else
                field.Accessor.SetValue(message, Single(field, random, depth));
        }

        return message;
    }

    private static object Single(FieldDescriptor field, Random random, int depth) => field.FieldType switch
    {
        FieldType.String => Text(random),
        FieldType.Bool => random.Next(2) == 0,
        FieldType.Int32 => random.Next(int.MinValue, int.MaxValue),
        FieldType.Double => new[] { 0, 0.1, -1.5e-300, random.NextDouble(), double.NaN, double.NegativeInfinity }[random.Next(6)],
        FieldType.Enum => field.EnumType.Values[random.Next(field.EnumType.Values.Count)].Number,
        FieldType.Message => Fill(field.MessageType, random, depth - 1),
        _ => throw new NotSupportedException(field.FieldType.ToString()),
    };

    private static string Text(Random random) => string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ =>
        new[] { "a", "é", "e\u0301", "👩‍💻", "ش", "\u202E", "\"", "\\", "\n", "<", "\u2028", "\u0001" }[random.Next(12)]));

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long start) => (Memory, RunningIndex) = (memory, start);

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
