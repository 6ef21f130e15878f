"""The recorder for Windows: a script for Windows PowerShell 5.1 and later, which every Windows has."""

from __future__ import annotations

from collections.abc import Iterable

_HEAD = """\
# Records what Hustings looks at on this machine, for an audit elsewhere. It changes nothing and sends nothing.
# Use, as administrator:  powershell -ExecutionPolicy Bypass -File record.ps1 [DIRECTORY]
param([string]$Out = "hustings-recording-$env:COMPUTERNAME")
$ErrorActionPreference = 'Stop'
if (Test-Path -LiteralPath $Out) { Write-Error "name a directory that does not exist yet"; exit 2 }
$Out = (New-Item -ItemType Directory -Path $Out).FullName
$utf8 = New-Object System.Text.UTF8Encoding $false
$stats = New-Object System.Collections.Generic.List[string]
$registry = [ordered]@{}
$number = 0
function Save([string]$Path, [string]$Text) {
    [void](New-Item -ItemType Directory -Force -Path (Split-Path -Parent $Path))
    [System.IO.File]::WriteAllText($Path, $Text, $utf8)
}
function Record-File([string]$Path) {
    try { $item = Get-Item -Force -LiteralPath $Path } catch [System.UnauthorizedAccessException] {
        $stats.Add("$Path`tdenied"); return
    } catch { $stats.Add("$Path`tnone"); return }
    $kind = if ($item.PSIsContainer) { 'directory' } else { 'file' }
    $size = if ($item.PSIsContainer) { 0 } else { $item.Length }
    $changed = [int64]($item.LastWriteTimeUtc - [datetime]'1970-01-01').TotalSeconds
    $stats.Add("$Path`t$kind`t0`t0`t0`t$size`t$changed")
    if ($kind -eq 'file' -and $size -le 16MB) {
        $copy = Join-Path (Join-Path $Out 'files') ($Path -replace '^([A-Za-z]):/', '$1/')
        [void](New-Item -ItemType Directory -Force -Path (Split-Path -Parent $copy))
        try { Copy-Item -LiteralPath $Path -Destination $copy } catch { $stats.Add("$Path`tdenied") }
    }
}
function Record-Key([string]$Key) {
    try {
        $values = [ordered]@{}
        $found = Get-Item -LiteralPath "Registry::$Key"
        foreach ($name in $found.GetValueNames()) { $values[$name] = $found.GetValue($name) }
        $registry[$Key] = $values
    } catch [System.Management.Automation.ItemNotFoundException] { $registry[$Key] = $null } catch { }
}
function Record-Command([string]$Program, [string[]]$Arguments) {
    $script:number++
    $place = Join-Path $Out "commands/$script:number"
    Save "$place/argv" ((@($Program) + $Arguments) -join "`n")
    if (-not (Get-Command -CommandType Application -ErrorAction SilentlyContinue $Program)) {
        Save "$place/code" 'absent'; return
    }
    $ErrorActionPreference = 'Continue'
    $said = & $Program @Arguments 2>$null | Out-String
    Save "$place/stdout" $said
    Save "$place/code" "$LASTEXITCODE"
}
$time = (Get-Date).ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ssZ")
Save "$Out/host.json" ('{"schema":"hustings.recording/1","platform":"windows","recorded_at":"' + $time + '"}')
"""

_TAIL = """\
Save "$Out/stats" (($stats -join "`n") + "`n")
Save "$Out/registry.json" (ConvertTo-Json -Depth 4 $registry)
Write-Output "recorded in $Out"
"""


def script(reads: Iterable[str], runs: Iterable[str]) -> str:
    """The script that records these files, registry keys (``HKLM\\…``) and command lines."""
    lines = [f"Record-{'Key' if one.startswith('HK') else 'File'} {_quote(one.rstrip('/'))}"
             for one in sorted(set(reads))]
    for one in sorted(set(runs)):
        program, *arguments = one.split(" ")
        if "*" not in arguments:
            lines.append(f"Record-Command {_quote(program)} @({', '.join(map(_quote, arguments))})")
    return _HEAD + "".join(line + "\n" for line in lines) + _TAIL


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
