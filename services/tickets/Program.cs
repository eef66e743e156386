using Relais.Common.Hosting;
using Relais.Tickets;

return await TargetProgram.RunAsync(new TicketsTarget(), args);
