using Relais.Common.Hosting;
using Relais.Routing;

return await TargetProgram.RunAsync(new RoutingTarget(), args);
