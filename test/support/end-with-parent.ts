/*
 * Loaded before a broker's own program: a broker ends with whoever started it, also where that was killed and could end
 * nothing any more.
 */
process.channel?.unref();
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
