using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Routing;

return await TargetProgram.RunAsync(new RoutingTarget(), args, new LocalDispatcher());
