package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// restartAfter is how long a program that ended by itself stays down, as its
// unit says (deploy/systemd).
const restartAfter = time.Second

// program is a child that is kept running, as a service manager does, and can
// be killed.
type program struct {
	name string
	args []string // the first is the program's file
	env  []string
	log  string // file, appended to
	// prepared, when set, is called with the pid before the program's first
	// instruction.
	prepared func(pid int) error
	// surprised is told when the program ends by itself.
	surprised func(name string, err error)

	mu      sync.Mutex
	cmd     *exec.Cmd
	done    chan struct{} // closed when cmd has ended
	wanted  bool          // whether it should run
	started int
}

// start runs the program and keeps it running until kill or stop.
func (p *program) start(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wanted {
		return nil
	}
	p.wanted = true
	return p.launch(ctx)
}

// launch starts the child. The caller holds mu.
func (p *program) launch(ctx context.Context) error {
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	// Not bound to ctx: the end is a kill or a signal, never a surprise.
	cmd := exec.Command(p.args[0], p.args[1:]...) //nolint:noctx,gosec // ended by kill and stop
	cmd.Env = append(os.Environ(), p.env...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = childAttributes(p.prepared != nil)
	ready, done := make(chan error, 1), make(chan struct{})
	// The death signal of a child, and the right to trace it, belong to the
	// thread that started it.
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(done)
		defer out.Close() //nolint:errcheck // only the child writes to it
		if err := p.begin(cmd); err != nil {
			ready <- err
			return
		}
		ready <- nil
		p.ended(ctx, cmd, cmd.Wait())
	}()
	if err := <-ready; err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.cmd, p.done = cmd, done
	p.started++
	return nil
}

func (p *program) begin(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	if p.prepared == nil {
		return nil
	}
	err := beforeFirstInstruction(cmd.Process.Pid, p.prepared)
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	return err
}

// ended starts the program again when nobody had ended it.
func (p *program) ended(ctx context.Context, cmd *exec.Cmd, err error) {
	p.mu.Lock()
	surprise := p.wanted && p.cmd == cmd
	p.mu.Unlock()
	if !surprise {
		return
	}
	p.surprised(p.name, err)
	go func() { // ends after one attempt
		select {
		case <-ctx.Done():
			return
		case <-time.After(restartAfter):
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.wanted && p.cmd == cmd {
			if err := p.launch(ctx); err != nil {
				p.surprised(p.name, err)
			}
		}
	}()
}

// pid returns the child's, 0 when there is none.
func (p *program) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// kill ends the child without a warning and returns the proof that it is gone.
func (p *program) kill() (string, error) {
	p.mu.Lock()
	p.wanted = false
	cmd, done := p.cmd, p.done
	p.cmd = nil
	p.mu.Unlock()
	if cmd == nil {
		return "", fmt.Errorf("kill %s: it does not run", p.name)
	}
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return "", fmt.Errorf("kill %s: %w", p.name, err)
	}
	<-done
	if err := syscall.Kill(cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
		return "", fmt.Errorf("kill %s: pid %d is still there", p.name, cmd.Process.Pid)
	}
	return fmt.Sprintf("pid %d gone (%s)", cmd.Process.Pid, cmd.ProcessState), nil
}

// stop asks the child to end and waits for it, for at most patience.
func (p *program) stop(patience time.Duration) error {
	p.mu.Lock()
	p.wanted = false
	cmd, done := p.cmd, p.done
	p.cmd = nil
	p.mu.Unlock()
	if cmd == nil {
		return nil
	}
	_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-done:
	case <-time.After(patience):
		_ = cmd.Process.Kill()
		<-done
		return fmt.Errorf("stop %s: not within %v", p.name, patience)
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("stop %s: ended with %s", p.name, cmd.ProcessState)
	}
	return nil
}
