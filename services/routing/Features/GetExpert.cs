using Relais.Common.Failures;
using Relais.Contracts.Routing.V1;
using Relais.Routing.Grpc;
using ProtoExpert = Relais.Contracts.Routing.V1.Expert;

namespace Relais.Routing.Features;

internal sealed class GetExpert(ExpertReader experts)
{
    public async Task<Outcome<ProtoExpert>> HandleAsync(GetExpertRequest request, CancellationToken cancellationToken)
    {
        var id = experts.IdOf(request.Id);
        return id.Failure ?? (await experts.FindAsync(id.Value, cancellationToken)).Then(ExpertView.Of);
    }
}
