using Relais.Channels;
using Relais.Common.Hosting;

return await TargetProgram.RunAsync(new ChannelsTarget(), args);
