using Relais.Common.Hosting;
using Relais.Surveys;

return await TargetProgram.RunAsync(new SurveysTarget(), args);
