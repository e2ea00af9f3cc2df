package wire

// crcTable holds the remainders of all bytes (polynomial 0xA001, reflected).
//
//nolint:gochecknoglobals // a table, computed once and never changed
var crcTable = makeCRCTable()

func makeCRCTable() (table [256]uint16) {
	for i := range table {
		crc := uint16(i)
		for range 8 {
			carry := crc&1 != 0
			crc >>= 1
			if carry {
				crc ^= 0xa001
			}
		}
		table[i] = crc
	}
	return table
}

// CRC returns the checksum of an RTU frame, which is sent low byte first.
func CRC(frame []byte) uint16 {
	crc := uint16(0xffff)
	for _, b := range frame {
		crc = crc>>8 ^ crcTable[byte(crc)^b]
	}
	return crc
}
