using Relais.Channels;
using Relais.Common.Hosting;
using Relais.Common.Messaging;

return await TargetProgram.RunAsync(new ChannelsTarget(), args, new LocalDispatcher());
