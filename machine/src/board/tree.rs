//! The device tree of a board: what its table says, in the words that Linux, OpenSBI and U-Boot read.
//!
//! [Linux: Documentation/devicetree/bindings; QEMU: hw/riscv/virt.c]

use super::{Board, Part, Slot, TIMEBASE};
use crate::tree::Node;

/// What the device tree says of the harts.
#[derive(Clone, Debug)]
pub struct Harts {
    /// How many.
    pub count: u32,
    /// `rv64imafdc_zicsr…`.
    pub isa: String,
    /// `rv64i`.
    pub base: String,
    /// `i`, `m`, `zicsr`…
    pub extensions: Vec<String>,
    /// `riscv,sv57`, or none for a hart without paging.
    pub mmu: Option<String>,
}

/// Handle of the interrupt controller of hart 0; those of the others follow.
const INTC: u32 = 1;

/// Handles behind those of the harts.
struct Handles {
    cpu: u32,
    plic: u32,
    test: u32,
}

impl Board {
    /// The device tree of a machine of this board with `ram` bytes.
    pub fn tree(&self, harts: &Harts, ram: u64) -> Node {
        let cpu = INTC + harts.count;
        let handles = Handles { cpu, plic: cpu + harts.count, test: cpu + harts.count + 1 };
        let (compatible, model) = self.identity;
        let mut root = Node::new("")
            .cells("#address-cells", &[2])
            .cells("#size-cells", &[2])
            .text("compatible", &[compatible])
            .text("model", &[model])
            .child(self.chosen());
        if let Some(serial) = self.slot(Part::Serial) {
            root = root.child(Node::new("aliases").text("serial0", &[path("serial", serial)]));
        }
        if ram > 0 {
            root = root.child(
                Node::new(format!("memory@{:x}", self.ram))
                    .text("device_type", &["memory"])
                    .wide("reg", &[self.ram, ram]),
            );
        }
        root = root.child(cpus(harts, handles.cpu)).child(self.soc(harts, &handles));
        if self.slot(Part::Finisher).is_some() {
            root = root.child(syscon("poweroff", 0x5555, handles.test)).child(syscon(
                "reboot",
                0x7777,
                handles.test,
            ));
        }
        if self.slot(Part::Htif).is_some() {
            root = root.child(Node::new("htif").text("compatible", &["ucb,htif0"]));
        }
        root
    }

    fn chosen(&self) -> Node {
        let chosen = Node::new("chosen");
        match self.slot(Part::Serial) {
            Some(serial) => chosen.text("stdout-path", &[path("serial", serial)]),
            None => chosen,
        }
    }

    fn soc(&self, harts: &Harts, handles: &Handles) -> Node {
        let mut soc = Node::new("soc")
            .cells("#address-cells", &[2])
            .cells("#size-cells", &[2])
            .text("compatible", &["simple-bus"])
            .flag("ranges");
        // Linux numbers disks in this order, and QEMU fills transports from the last one.
        let (mut virtio, others): (Vec<&Slot>, Vec<&Slot>) =
            self.slots.iter().partition(|slot| slot.part == Part::Virtio);
        virtio.reverse();
        let flash: Vec<_> = self.all(Part::Flash).collect();
        for slot in others.into_iter().filter(|slot| !matches!(slot.part, Part::Flash)).chain(virtio) {
            if let Some(node) = node(slot, harts, self.inputs, handles) {
                soc = soc.child(node);
            }
        }
        if let Some(first) = flash.first() {
            let reg: Vec<u64> = flash.iter().flat_map(|slot| [slot.at, slot.size]).collect();
            soc = soc.child(
                Node::new(format!("flash@{:x}", first.at))
                    .text("compatible", &["cfi-flash"])
                    .wide("reg", &reg)
                    .cells("bank-width", &[4]),
            );
        }
        soc
    }
}

fn path(name: &str, slot: &Slot) -> String {
    format!("/soc/{name}@{:x}", slot.at)
}

fn cpus(harts: &Harts, handle: u32) -> Node {
    let mut cpus = Node::new("cpus")
        .cells("#address-cells", &[1])
        .cells("#size-cells", &[0])
        .cells("timebase-frequency", &[TIMEBASE]);
    let mut cluster = Node::new("cluster0");
    for hart in 0..harts.count {
        let mut cpu = Node::new(format!("cpu@{hart:x}"))
            .text("device_type", &["cpu"])
            .cells("reg", &[hart])
            .text("status", &["okay"])
            .text("compatible", &["riscv"])
            .text("riscv,isa", &[&harts.isa])
            .text("riscv,isa-base", &[&harts.base])
            .text("riscv,isa-extensions", &harts.extensions);
        for (extension, property) in
            [("zicbom", "riscv,cbom-block-size"), ("zicboz", "riscv,cboz-block-size")]
        {
            if harts.extensions.iter().any(|name| name == extension) {
                cpu = cpu.cells(property, &[64]);
            }
        }
        if let Some(mmu) = &harts.mmu {
            cpu = cpu.text("mmu-type", &[mmu]);
        }
        let intc = Node::new("interrupt-controller")
            .text("compatible", &["riscv,cpu-intc"])
            .cells("#interrupt-cells", &[1])
            .cells("#address-cells", &[0])
            .flag("interrupt-controller")
            .cells("phandle", &[INTC + hart]);
        cpus = cpus.child(cpu.cells("phandle", &[handle + hart]).child(intc));
        cluster = cluster.child(Node::new(format!("core{hart}")).cells("cpu", &[handle + hart]));
    }
    cpus.child(Node::new("cpu-map").child(cluster))
}

/// The pairs of interrupt controller and input, for each hart both of `inputs`.
fn extended(harts: &Harts, inputs: [u32; 2]) -> Vec<u32> {
    (0..harts.count).flat_map(|hart| inputs.map(|input| [INTC + hart, input])).flatten().collect()
}

/// Interrupt numbers of a hart. [Privileged ISA, table of mcause]
const M_SOFT: u32 = 3;
const M_TIMER: u32 = 7;
const S_EXTERNAL: u32 = 9;
const M_EXTERNAL: u32 = 11;

/// The node of a slot; none for what has no place in a device tree.
fn node(slot: &Slot, harts: &Harts, inputs: u32, handles: &Handles) -> Option<Node> {
    let (name, compatible): (&str, &[&str]) = match slot.part {
        Part::Finisher => ("test", &["sifive,test1", "sifive,test0", "syscon"]),
        Part::Rtc => ("rtc", &["google,goldfish-rtc"]),
        Part::Clint => ("clint", &["sifive,clint0", "riscv,clint0"]),
        Part::Plic => ("plic", &["sifive,plic-1.0.0", "riscv,plic0"]),
        Part::Serial => ("serial", &["ns16550a"]),
        Part::Virtio => ("virtio_mmio", &["virtio,mmio"]),
        Part::FwCfg => ("fw-cfg", &["qemu,fw-cfg-mmio"]),
        Part::Rom | Part::Flash | Part::Htif => return None,
    };
    let node = Node::new(format!("{name}@{:x}", slot.at))
        .text("compatible", compatible)
        .wide("reg", &[slot.at, slot.size]);
    let node = match slot.part {
        Part::Finisher => node.cells("phandle", &[handles.test]),
        Part::Clint => node.cells("interrupts-extended", &extended(harts, [M_SOFT, M_TIMER])),
        Part::Plic => node
            .flag("interrupt-controller")
            .cells("#interrupt-cells", &[1])
            .cells("#address-cells", &[0])
            .cells("riscv,ndev", &[inputs - 1])
            .cells("interrupts-extended", &extended(harts, [M_EXTERNAL, S_EXTERNAL]))
            .cells("phandle", &[handles.plic]),
        // The clock of QEMU's serial port, 16 × 230400 baud.
        Part::Serial => node.cells("clock-frequency", &[3_686_400]),
        Part::FwCfg => node.flag("dma-coherent"),
        _ => node,
    };
    Some(match slot.irq {
        Some(irq) => node.cells("interrupts", &[irq]).cells("interrupt-parent", &[handles.plic]),
        None => node,
    })
}

fn syscon(name: &str, value: u32, test: u32) -> Node {
    Node::new(name)
        .text("compatible", &[format!("syscon-{name}")])
        .cells("regmap", &[test])
        .cells("offset", &[0])
        .cells("value", &[value])
}
