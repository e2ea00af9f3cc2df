package chaos

import (
	"bufio"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
)

// clock is the wall clock of one child, which can be ahead of this machine's
// while its monotonic clock runs on, as when a time server or a person sets a
// clock. A Go program asks the kernel's vDSO for the time; before the child's
// first instruction that function is replaced, in the child's own copy, by one
// that adds a number to the seconds (and that number can be changed at any
// time). Linux on amd64 only; libfaketime, which replaces functions of the C
// library, does not reach Go programs.
type clock struct {
	mu    sync.Mutex
	pid   int
	at    int64 // address of the number in the child
	ahead time.Duration
}

// clockCanStep reports whether this machine can do it.
func clockCanStep() bool { return runtime.GOOS == "linux" && runtime.GOARCH == "amd64" }

// newClock is the machine code that replaces clock_gettime(id, result):
//
//	mov  eax, 228       ; the system call of the same name
//	syscall
//	test edi, edi       ; CLOCK_REALTIME is 0
//	jne  end
//	mov  rcx, [rip+8]   ; the number
//	add  [rsi], rcx     ; result.seconds
//	end: ret
//	nop … ; the number
func newClock(ahead time.Duration) []byte {
	code := []byte{
		0xb8, 0xe4, 0x00, 0x00, 0x00,
		0x0f, 0x05,
		0x85, 0xff,
		0x75, 0x0a,
		0x48, 0x8b, 0x0d, 0x06, 0x00, 0x00, 0x00,
		0x48, 0x01, 0x0e,
		0xc3,
		0x90, 0x90,
	}
	return binary.LittleEndian.AppendUint64(code, seconds(ahead))
}

const numberOffset = 24

func seconds(d time.Duration) uint64 { return uint64(int64(d / time.Second)) } //nolint:gosec // two's complement is meant

// install replaces the clock of a child that stands still.
func (c *clock) install(pid int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	base, code, err := findClock(pid)
	if err != nil {
		return fmt.Errorf("replace the clock of pid %d: %w", pid, err)
	}
	patch := newClock(c.ahead)
	if len(code) < len(patch) {
		return fmt.Errorf("replace the clock of pid %d: %d bytes are too few", pid, len(code))
	}
	if err := poke(pid, base, patch); err != nil {
		return err
	}
	c.pid, c.at = pid, base+numberOffset
	return nil
}

// set makes the clock so much ahead, at once and for the children to come.
// It returns the number that the child's clock works with now.
func (c *clock) set(ahead time.Duration) (time.Duration, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = ahead
	if c.pid == 0 {
		return ahead, nil
	}
	err := poke(c.pid, c.at, binary.LittleEndian.AppendUint64(nil, seconds(ahead)))
	b := make([]byte, 8)
	if err == nil {
		err = peek(c.pid, c.at, b)
	}
	if err != nil {
		if _, _, gone := mapping(c.pid, "[vdso]"); gone != nil {
			return ahead, nil // it was killed; the next one starts with it
		}
		return 0, err
	}
	return time.Duration(int64(binary.LittleEndian.Uint64(b))) * time.Second, nil //nolint:gosec // two's complement is meant
}

// findClock returns address and code of the child's clock function.
func findClock(pid int) (int64, []byte, error) {
	lo, hi, err := mapping(pid, "[vdso]")
	if err != nil {
		return 0, nil, err
	}
	image := make([]byte, hi-lo)
	if err := peek(pid, lo, image); err != nil {
		return 0, nil, err
	}
	f, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return 0, nil, fmt.Errorf("read vdso: %w", err)
	}
	if f.Machine != elf.EM_X86_64 {
		return 0, nil, fmt.Errorf("replace the clock on %s: %w", f.Machine, errors.ErrUnsupported)
	}
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return 0, nil, fmt.Errorf("read vdso: %w", err)
	}
	for _, s := range symbols {
		if s.Name == "__vdso_clock_gettime" && s.Value+s.Size <= uint64(len(image)) {
			return lo + int64(s.Value), image[s.Value : s.Value+s.Size], nil //nolint:gosec // within the image
		}
	}
	return 0, nil, errors.New("read vdso: no clock_gettime")
}

func mapping(pid int, name string) (lo, hi int64, err error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return 0, 0, err
	}
	defer f.Close() //nolint:errcheck // only read
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if strings.HasSuffix(lines.Text(), name) {
			if _, err := fmt.Sscanf(lines.Text(), "%x-%x", &lo, &hi); err != nil {
				return 0, 0, fmt.Errorf("read memory map: %w", err)
			}
			return lo, hi, nil
		}
	}
	return 0, 0, fmt.Errorf("read memory map: no %s", name)
}

func peek(pid int, at int64, b []byte) error {
	return memory(pid, os.O_RDONLY, func(f *os.File) error { _, err := f.ReadAt(b, at); return err })
}

func poke(pid int, at int64, b []byte) error {
	return memory(pid, os.O_RDWR, func(f *os.File) error { _, err := f.WriteAt(b, at); return err })
}

func memory(pid, flag int, use func(*os.File) error) error {
	f, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), flag, 0)
	if err != nil {
		return fmt.Errorf("open memory of pid %d: %w", pid, err)
	}
	defer f.Close() //nolint:errcheck // nothing is buffered
	if err := use(f); err != nil {
		return fmt.Errorf("access memory of pid %d: %w", pid, err)
	}
	return nil
}
