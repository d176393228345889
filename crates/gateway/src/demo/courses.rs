//! What is taught at the demo school: made through the service that the API uses.

use std::collections::HashMap;

use lyceum_courses::release::Rule;
use lyceum_courses::{BlockCompletion, BlockType, NewBlock, NewCourse, NewSection, Visibility};
use lyceum_kernel::{BlockId, CourseId, GroupId, RequestId, SchoolId, UserId};
use lyceum_platform::uow::{Cause, Tx};

use crate::system::System;

/// Who teaches, and for whom.
pub(super) struct Staff {
    pub(super) school: SchoolId,
    pub(super) biology: UserId,
    pub(super) mathematics: UserId,
    pub(super) classes: Vec<GroupId>,
}

/// When a block of the demo opens.
#[derive(Clone, Copy)]
enum Opens {
    /// At once.
    Now,
    /// Once the block before it is completed.
    AfterTheLast,
    /// For the first class.
    ForTheFirstClass,
}

struct Block(BlockType, &'static str, &'static str, Opens);

struct Section(&'static str, &'static str, &'static [Block]);

struct Course {
    title: &'static str,
    about: &'static str,
    code: &'static str,
    slug: &'static str,
    level: &'static str,
    tags: &'static [&'static str],
    visibility: Visibility,
    published: bool,
    mathematics: bool,
    sections: &'static [Section],
}

use BlockType::{Assignment, Lesson, Link, Quiz, Video};
use Opens::{AfterTheLast, ForTheFirstClass, Now};

const COURSES: [Course; 4] = [
    Course {
        title: "Light and life",
        about: "How plants catch light, what they make of it, and why the rest of us live on that.",
        code: "BIO-9-1",
        slug: "light-and-life",
        level: "Year 9",
        tags: &["biology", "plants", "energy"],
        visibility: Visibility::Member,
        published: true,
        mathematics: false,
        sections: &[
            Section(
                "What light is",
                "Enough physics to follow a ray into a leaf.",
                &[
                    Block(Lesson, "Colours in white light", COLOURS, Now),
                    Block(Video, "A prism on the window sill", "https://www.youtube.com/watch?v=uucYGK_Ymp0", Now),
                    Block(
                        Quiz,
                        "Check yourself: colours",
                        "Eight short questions. You may try as often as you like.",
                        Now,
                    ),
                ],
            ),
            Section(
                "Inside a leaf",
                "From the outside in: skin, sponge, chloroplasts.",
                &[
                    Block(Lesson, "Why leaves are green", GREEN, Now),
                    Block(Link, "Leaf sections under the microscope", "https://en.wikipedia.org/wiki/Leaf", Now),
                    Block(Assignment, "Press and draw three leaves", PRESS, AfterTheLast),
                    Block(Lesson, "For Year 9 Blue: our greenhouse on Thursday", GREENHOUSE, ForTheFirstClass),
                ],
            ),
            Section(
                "Sugar from air",
                "",
                &[
                    Block(Lesson, "The sum of photosynthesis", SUM, Now),
                    Block(Lesson, "What happens at night", NIGHT, AfterTheLast),
                ],
            ),
        ],
    },
    Course {
        title: "Proportion and percentages",
        about: "Ratios, percentages and straight lines through the origin: one idea in three dresses.",
        code: "MAT-9-2",
        slug: "proportion-and-percentages",
        level: "Year 9",
        tags: &["mathematics", "ratio"],
        visibility: Visibility::Member,
        published: true,
        mathematics: true,
        sections: &[
            Section(
                "Ratios",
                "",
                &[
                    Block(Lesson, "The same recipe for more guests", RECIPE, Now),
                    Block(Quiz, "Scaling", "Ten questions, no calculator.", AfterTheLast),
                ],
            ),
            Section(
                "Percentages",
                "",
                &[
                    Block(Lesson, "Up by a fifth, down by a fifth", FIFTH, Now),
                    Block(Assignment, "Prices in our street", PRICES, Now),
                ],
            ),
        ],
    },
    Course {
        title: "How to learn a language on your own",
        about: "A short open course for anybody: habits, spacing, and how to find people to talk to.",
        code: "OPEN-1",
        slug: "learn-a-language",
        level: "Everybody",
        tags: &["languages", "study skills"],
        visibility: Visibility::Public,
        published: true,
        mathematics: false,
        sections: &[Section(
            "Three habits",
            "One for each week.",
            &[
                Block(Lesson, "A little every day", HABIT, Now),
                Block(Link, "About spaced repetition", "https://en.wikipedia.org/wiki/Spaced_repetition", Now),
                Block(Lesson, "Speak before you are ready", SPEAK, Now),
            ],
        )],
    },
    Course {
        title: "Triangles and maps",
        about: "For next term: how surveyors measured countries with one base line and many angles.",
        code: "MAT-9-3",
        slug: "triangles-and-maps",
        level: "Year 9",
        tags: &["mathematics", "geometry"],
        visibility: Visibility::Member,
        published: false,
        mathematics: true,
        sections: &[Section(
            "One line, many angles",
            "",
            &[Block(
                Lesson,
                "The base line",
                "Outline only: measure the corridor, then the church tower from both ends.",
                Now,
            )],
        )],
    },
];

const COLOURS: &str = "White light is **all colours at once**. A prism bends each of them a little differently, so they leave it side by \
side.\n\n| colour | wavelength |\n|---|---|\n| violet | 400 nm |\n| green | 530 nm |\n| red | 700 nm |\n\nA thing looks *red* \
because it sends red back and keeps the rest.\n\n> Hold a glass of water into the sun and look at the paper behind it.\n";

const GREEN: &str = "Chlorophyll takes in **red** and **blue** light. Green is what it cannot use, so green is what we see.\n\n1. \
The skin of the leaf lets light through.\n2. The long cells below it are packed with chloroplasts.\n3. The sponge at the bottom \
lets air circulate.\n\nIn autumn the tree takes the chlorophyll back, and the yellows that were there all summer come out.\n";

const PRESS: &str = "Find three leaves that differ in shape. Press them for a week, draw each at twice its size and name:\n\n- \
blade, stalk and veins\n- the edge: smooth, toothed or lobed\n- what you think the shape is good for\n\nHand in a photograph of \
the page.\n";

const GREENHOUSE: &str =
    "We meet at the greenhouse at **10:15**. Bring your notebook and something to keep your feet dry.\n";

const SUM: &str = "Six of carbon dioxide and six of water become one of sugar and six of oxygen:\n\n```\n6 CO2 + 6 H2O  →  C6H12O6 + 6 \
O2\n```\n\nThe light pays for it. Count the atoms on both sides: nothing is lost, everything is rearranged.\n";

const NIGHT: &str = "At night a plant breathes as we do: it burns sugar and gives off carbon dioxide. Over a whole day it still \
gives more oxygen than it takes — *as long as it grows*.\n";

const RECIPE: &str = "A recipe for **4** needs 300 g of flour. For **6** it needs\n\n`300 g ÷ 4 × 6 = 450 g`\n\nTwo quantities are \
*proportional* if doubling one doubles the other. Draw it: a straight line through the origin.\n";

const FIFTH: &str = "A price goes up by 20 % and then down by 20 %. Is it back where it was?\n\n- 100 → 120\n- 120 → **96**\n\nA \
percentage is always *of something*. Ask every time: of what?\n";

const PRICES: &str = "Note the prices of five things in two shops. By how many per cent does the dearer one differ from the cheaper \
one — and the cheaper from the dearer?\n";

const HABIT: &str = "Fifteen minutes every day beat two hours on Sunday: what you *almost* forgot and then remembered stays.\n\n\
- [ ] choose a time of day\n- [ ] choose one book or recording\n- [ ] write down each evening one sentence that you could not say in \
the morning\n";

const SPEAK: &str = "You will make mistakes in front of people. They have made the same in your language. Learn five phrases that \
keep a conversation going: *How do you say…? Could you say that again?* and let the other person help.\n";

/// What is taught.
#[derive(Default)]
pub(super) struct Planted {
    /// Courses by their codes.
    pub(super) courses: HashMap<&'static str, CourseId>,
    /// Blocks that are waiting for a test, by what they are called.
    pub(super) quizzes: HashMap<&'static str, BlockId>,
}

impl Planted {
    /// The course of a code.
    pub(super) fn course(&self, code: &str) -> anyhow::Result<CourseId> {
        let found = self.courses.get(code).copied();
        found.ok_or_else(|| anyhow::anyhow!("no course of the demo has the code {code}"))
    }
}

/// Makes the courses that are taught at the demo school.
pub(super) async fn plant(system: &System, staff: &Staff) -> anyhow::Result<Planted> {
    let (now, entropy) = (system.platform.clock.now(), system.platform.entropy.as_ref());
    let cause = Cause::new(RequestId::new(now, entropy));
    let mut tx = system.platform.unit_of_work(cause).begin().await?;
    let mut planted = Planted::default();
    for course in &COURSES {
        let id = plant_course(system, &mut tx, (staff, course), &mut planted.quizzes).await?;
        planted.courses.insert(course.code, id);
    }
    tx.commit_quietly().await?;
    Ok(planted)
}

async fn plant_course(
    system: &System,
    tx: &mut Tx,
    (staff, course): (&Staff, &Course),
    quizzes: &mut HashMap<&'static str, BlockId>,
) -> anyhow::Result<CourseId> {
    let (owner, other) =
        if course.mathematics { (staff.mathematics, staff.biology) } else { (staff.biology, staff.mathematics) };
    let new = NewCourse {
        school: staff.school,
        owner,
        teachers: if course.published { Vec::new() } else { vec![other] },
        title: course.title.to_owned(),
        description: course.about.to_owned(),
        code: course.code.to_owned(),
        slug: course.slug.to_owned(),
        level: course.level.to_owned(),
        tags: course.tags.iter().map(|tag| (*tag).to_owned()).collect(),
        visibility: course.visibility,
        published: course.published,
    };
    let id = system.courses.plant_course(tx, new).await?;
    let mut last = None;
    for Section(title, about, blocks) in course.sections {
        let description = (!about.is_empty()).then(|| (*about).to_owned());
        let new = NewSection { title: (*title).to_owned(), description };
        let section = system.courses.plant_section(tx, (staff.school, id), new).await?;
        for block in *blocks {
            let new = new_block(block, last, &staff.classes);
            let id = system.courses.plant_block(tx, (staff.school, section), new).await?;
            if block.0 == Quiz {
                quizzes.insert(block.1, id);
            }
            last = Some(id);
        }
    }
    Ok(id)
}

fn new_block(Block(kind, title, text, opens): &Block, last: Option<BlockId>, classes: &[GroupId]) -> NewBlock {
    let leads = matches!(kind, Link | Video);
    let release = match opens {
        Now => None,
        AfterTheLast => last.map(|block_id| Rule::Completed { block_id }),
        ForTheFirstClass => classes.first().map(|group_id| Rule::Group { group_id: *group_id }),
    };
    NewBlock {
        kind: *kind,
        title: (*title).to_owned(),
        url: leads.then(|| (*text).to_owned()),
        content: (!leads).then(|| (*text).to_owned()),
        file: None,
        release,
        completion: if leads { BlockCompletion::Viewed } else { BlockCompletion::Manual },
    }
}
