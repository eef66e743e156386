using Relais.Contracts.Channels;
using Relais.Contracts.Routing;
using Relais.Tickets;
using Relais.Tickets.Domain;

namespace Relais.Unit.Tickets;

public sealed class TicketTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);
    private static readonly SlaClock Sla = new(new DueOptions().All);

    [Fact]
    public void Number_is_shown_with_its_letter() => Assert.Equal("T-1042", Ticket.Display(1042));

    [Theory]
    [InlineData("t-1042")]
    [InlineData("T-1042")]
    public void Name_is_a_number_in_either_case(string text) => Assert.Equal(1042, TicketName.Parse(text, "id").Value.Number);

    [Theory]
    [InlineData("")]
    [InlineData("1042")]
    [InlineData("T-")]
    [InlineData("T--1")]
    [InlineData("T- 1")]
    [InlineData("T-99999999999")]
    public void Name_that_is_neither_id_nor_number_is_refused(string text) =>
        Assert.Equal("ticket.name_invalid", TicketName.Parse(text, "id").Failure?.Code);

    [Fact]
    public void DueAt_is_the_priority_s_time_after_the_request()
    {
        Assert.Equal(Now.AddMinutes(15), Sla.DueAt(TicketPriority.Urgent, Now));
        Assert.Equal(Now.AddHours(1), Sla.DueAt(TicketPriority.High, Now));
        Assert.Equal(Now.AddHours(4), Sla.DueAt(TicketPriority.Normal, Now));
        Assert.Equal(Now.AddDays(1), Sla.DueAt(TicketPriority.Low, Now));
    }

    [Fact]
    public void Assign_the_same_offer_again_changes_nothing()
    {
        var ticket = Open();
        var offer = Offer(ticket, "Ada", Now);
        Assert.NotNull(ticket.Assign(offer));
        Assert.Null(ticket.Assign(offer));
    }

    [Fact]
    public void Assign_an_older_offer_leaves_the_ticket_with_its_expert()
    {
        var ticket = Open();
        ticket.Assign(Offer(ticket, "Ada", Now));
        Assert.Null(ticket.Assign(Offer(ticket, "Bo", Now.AddSeconds(-1))));
        Assert.Equal("Ada", ticket.ExpertName);
    }

    [Fact]
    public void Assign_a_later_offer_moves_the_ticket_as_routing_says()
    {
        var ticket = Open();
        ticket.Assign(Offer(ticket, "Ada", Now));
        Assert.Equal("Bo", ticket.Assign(Offer(ticket, "Bo", Now.AddSeconds(1)))?.ExpertName);
    }

    [Fact]
    public void Assign_after_the_resolution_changes_nothing()
    {
        var ticket = Open();
        Assert.True(ticket.Resolve("", byCustomer: true, Now).Value.ByCustomer);
        Assert.Null(ticket.Assign(Offer(ticket, "Ada", Now.AddSeconds(1))));
        Assert.Null(ticket.ExpertId);
        Assert.Equal(TicketState.Resolved, ticket.State);
    }

    [Fact]
    public void Reply_notes_when_the_first_was()
    {
        var ticket = Open();
        ticket.Reply(Guid.NewGuid(), Guid.NewGuid(), "Ada", "one", Now);
        ticket.Reply(Guid.NewGuid(), Guid.NewGuid(), "Ada", "two", Now.AddMinutes(1));
        Assert.Equal(Now, ticket.FirstRepliedAt);
        Assert.Equal(2, ticket.LastPosition);
    }

    [Fact]
    public void Reply_to_a_resolved_ticket_is_refused()
    {
        var ticket = Open();
        ticket.Resolve("", byCustomer: false, Now);
        Assert.Equal("ticket.resolved", ticket.Reply(Guid.NewGuid(), Guid.NewGuid(), "Ada", "late", Now).Failure?.Code);
    }

    [Fact]
    public void Resolutions_are_numbered_and_a_reopening_prefers_the_former_expert()
    {
        var ticket = Open();
        var offer = Offer(ticket, "Ada", Now);
        ticket.Assign(offer);
        Assert.Equal("ticket.not_resolved", ticket.Reopen(Sla, Now).Failure?.Code);
        Assert.Equal(1, ticket.Resolve("done", byCustomer: false, Now).Value.Resolution);
        Assert.Equal("ticket.already_resolved", ticket.Resolve("done", byCustomer: false, Now).Failure?.Code);

        var reopened = ticket.Reopen(Sla, Now.AddHours(1)).Value;
        Assert.Equal(offer.ExpertId, reopened.PreferredExpertId);
        Assert.Equal(Now.AddHours(5), reopened.DueAt);
        Assert.Equal((TicketState.Open, null, null), (ticket.State, ticket.ExpertId, ticket.ResolvedAt));
        Assert.Equal(2, ticket.Resolve("", byCustomer: true, Now).Value.Resolution);
    }

    private static Ticket Open() => new()
    {
        Id = Guid.NewGuid(),
        Number = Ticket.FirstNumber,
        ConversationId = Guid.NewGuid(),
        CustomerId = Guid.NewGuid(),
        CustomerName = "Customer",
        CustomerEmail = "",
        Channel = "web_chat",
        Locale = "fr",
        Subject = "",
        Category = "",
        RequestReason = "",
        RequiredSkills = [],
        SelfCare = Array.Empty<SelfCareTry>(),
        RequestedAt = Now,
        OpenedAt = Now,
        Priority = TicketPriority.Normal,
        DueAt = Now,
    };

    private static OfferAccepted Offer(Ticket ticket, string expert, DateTimeOffset at) => new(Guid.NewGuid(), ticket.Id, Guid.NewGuid(), expert, at);
}
