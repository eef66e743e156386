namespace Relais.Surveys.Domain;

/// <summary>What was counted of a period, or of one group in it. The counts of disjoint groups add up to those of the whole.</summary>
internal sealed class Tally
{
    public int Conversations { get; set; }

    public int Answers { get; set; }

    public int Refusals { get; set; }

    public int SolvedBySelfCare { get; set; }

    public int Transferred { get; set; }

    public int Abandoned { get; set; }

    public int TicketsOpened { get; set; }

    /// <summary>Tickets resolved at least once.</summary>
    public int TicketsResolved { get; set; }

    /// <summary>Tickets reopened at least once.</summary>
    public int TicketsReopened { get; set; }

    /// <summary>Tickets resolved and never reopened.</summary>
    public int ResolvedAtFirstContact { get; set; }

    public int SurveysSent { get; set; }

    public int SurveysAnswered { get; set; }

    public int CsatAnswers { get; set; }

    /// <summary>CSAT answers of 4 or 5.</summary>
    public int Satisfied { get; set; }

    public int NpsAnswers { get; set; }

    /// <summary>NPS answers of 9 or 10.</summary>
    public int Promoters { get; set; }

    /// <summary>NPS answers of 0 to 6.</summary>
    public int Detractors { get; set; }

    public int CesAnswers { get; set; }

    public int EffortTotal { get; set; }

    /// <summary>Seconds from asking for a person to an expert's first answer; null where there was none.</summary>
    public Distribution? FirstResponseSeconds { get; set; }

    /// <summary>Adds the counts; how values spread does not add up.</summary>
    public void Add(Tally other)
    {
        Conversations += other.Conversations;
        Answers += other.Answers;
        Refusals += other.Refusals;
        SolvedBySelfCare += other.SolvedBySelfCare;
        Transferred += other.Transferred;
        Abandoned += other.Abandoned;
        TicketsOpened += other.TicketsOpened;
        TicketsResolved += other.TicketsResolved;
        TicketsReopened += other.TicketsReopened;
        ResolvedAtFirstContact += other.ResolvedAtFirstContact;
        SurveysSent += other.SurveysSent;
        SurveysAnswered += other.SurveysAnswered;
        CsatAnswers += other.CsatAnswers;
        Satisfied += other.Satisfied;
        NpsAnswers += other.NpsAnswers;
        Promoters += other.Promoters;
        Detractors += other.Detractors;
        CesAnswers += other.CesAnswers;
        EffortTotal += other.EffortTotal;
    }
}
