using Relais.Common.Hosting;
using Relais.Common.Messaging;
using Relais.Surveys;

return await TargetProgram.RunAsync(new SurveysTarget(), args, new LocalDispatcher());
