using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Tickets;

return await TargetProgram.RunAsync(new TicketsTarget(), args, new LocalDispatcher());
