using EdgeFleet.Models.Export;

namespace EdgeFleet.Agent.Bench;

/// <summary>What is going on, on standard error: one line that is overwritten on a terminal, one line per step elsewhere.</summary>
internal sealed class ProgressLine(TextWriter error, bool interactive, bool quiet)
{
    private const int Width = 118;
    private readonly Lock access = new();
    private string shown = "";

    /// <summary>Shows what is being done.</summary>
    /// <param name="step">The step.</param>
    /// <param name="detail">How far it is: for a terminal alone, since a log needs a line per step, not per iteration.</param>
    public void Show(string step, string detail = "")
    {
        if (quiet) return;
        lock (access)
        {
            if (interactive)
            {
                var text = detail.Length == 0 ? step : $"{step}: {detail}";
                error.Write("\r" + (text.Length > Width ? text[..Width] : text).PadRight(Width));
            }
            else
            {
                if (step == shown) return;
                shown = step;
                error.WriteLine(step);
            }

            error.Flush();
        }
    }

    public void Clear()
    {
        if (quiet || !interactive) return;
        lock (access)
        {
            error.Write("\r" + new string(' ', Width) + "\r");
            error.Flush();
        }
    }

    public IProgress<ExportProgress> ForExport(string label) => new Export(this, label);

    private sealed class Export(ProgressLine line, string label) : IProgress<ExportProgress>
    {
        private long shownPercent = -1;

        public void Report(ExportProgress value)
        {
            var percent = value.TotalBytes == 0 ? 100 : value.BytesWritten * 100 / value.TotalBytes;
            if (Interlocked.Exchange(ref shownPercent, percent) == percent) return;
            line.Show($"{label}: exporting {value.TotalBytes / 1048576} MiB", $"{percent} %");
        }
    }
}
