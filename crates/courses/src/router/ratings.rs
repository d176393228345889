//! Routes of ratings.

use lyceum_kernel::CourseId;
use lyceum_web::{
    Authenticated, Caller, Committed, IfMatch, Json, Listing, Paging, Patch, PathId, Query, Route, State, Tagged,
    UnitOfWork, Valid, delete, etag, get, patch, post, put,
};

use crate::dto::DeletedFilter;
use crate::dto::rating::{PatchRating, PutRating, Rating, RatingStats};
use crate::error::CourseError;
use crate::model::rating::RatingId;
use crate::perm::CourseRate;
use crate::service::CoursesService;
use crate::service::ratings::RATING;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        list_route(),
        rate_route(),
        stats_route(),
        mine_route(),
        show_route(),
        replace_route(),
        patch_route(),
        delete_route(),
        restore_route(),
    ]
}

fn list_route() -> Route {
    get("/v1/courses/{id}/ratings", list_ratings).summary("List the ratings of a course").describe(
        "Oldest first. `?deleted=only`: the deleted ones in place of the others, for those who may restore them; one's own, or all for \
         those who run the school.",
    )
}

async fn list_ratings(
    caller: Authenticated,
    service: State<CoursesService>,
    id: PathId<CourseId>,
    filter: Query<DeletedFilter>,
    paging: Paging,
) -> Result<Listing<Rating>, CourseError> {
    service.list_ratings(&caller, (id.0, filter.into_inner()), &paging).await.map(Listing)
}

fn rate_route() -> Route {
    post("/v1/courses/{id}/ratings", rate)
        .summary("Rate a course")
        .describe("For those who have completed it; once.")
        .status(201)
        .versioned()
        .problem("not-completed", 409, "The caller has not completed the course.")
        .problem("already-rated", 409, "The caller has rated it already.")
}

async fn rate(
    caller: Caller<CourseRate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<CourseId>,
    form: Valid<PutRating>,
) -> Result<Committed<Rating>, CourseError> {
    service.rate(&caller, work, (id.0, form.into_inner())).await
}

fn stats_route() -> Route {
    get("/v1/courses/{id}/rating-stats", rating_stats)
        .summary("Read how a course was rated")
        .describe("How many ratings it has and their mean; kept with the course, so it costs the same for any number.")
}

async fn rating_stats(
    caller: Authenticated,
    service: State<CoursesService>,
    id: PathId<CourseId>,
) -> Result<Json<RatingStats>, CourseError> {
    service.rating_stats(&caller, id.0).await.map(Json::new)
}

fn mine_route() -> Route {
    get("/v1/courses/{id}/my-rating", my_rating)
        .summary("Read one's own rating of a course")
        .describe("404 if there is none.")
}

async fn my_rating(
    caller: Authenticated,
    service: State<CoursesService>,
    id: PathId<CourseId>,
) -> Result<Tagged<Rating>, CourseError> {
    service.my_rating(&caller, id.0).await.map(tagged)
}

fn tagged(rating: Rating) -> Tagged<Rating> {
    let tag = etag(RATING, rating.version);
    Json::new(rating).etag(tag)
}

fn show_route() -> Route {
    get("/v1/ratings/{id}", show_rating)
        .summary("Read a rating")
        .describe("One rating of a course that the caller sees.")
}

async fn show_rating(
    caller: Authenticated,
    service: State<CoursesService>,
    id: PathId<RatingId>,
) -> Result<Tagged<Rating>, CourseError> {
    service.show_rating(&caller, id.0).await.map(tagged)
}

/// What every change of a rating can run into.
fn own(route: Route) -> Route {
    route.problem("not-your-rating", 403, "The rating is somebody else's.")
}

fn replace_route() -> Route {
    own(put("/v1/ratings/{id}", replace_rating)).summary("Replace a rating").describe("One's own.")
}

async fn replace_rating(
    caller: Caller<CourseRate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<RatingId>,
    if_match: IfMatch,
    form: Valid<PutRating>,
) -> Result<Committed<Rating>, CourseError> {
    service.replace_rating(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn patch_route() -> Route {
    own(patch("/v1/ratings/{id}", patch_rating))
        .summary("Change a rating")
        .describe("One's own. A merge patch (RFC 7396).")
}

async fn patch_rating(
    caller: Caller<CourseRate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<RatingId>,
    if_match: IfMatch,
    form: Patch<PatchRating>,
) -> Result<Committed<Rating>, CourseError> {
    service.patch_rating(&caller, work, &if_match, (id.0, form.into_inner())).await
}

fn delete_route() -> Route {
    own(delete("/v1/ratings/{id}", delete_rating))
        .summary("Delete a rating")
        .describe("One's own; any, for those who run the school. It can be restored.")
}

async fn delete_rating(
    caller: Caller<CourseRate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<RatingId>,
    if_match: IfMatch,
) -> Result<Committed<()>, CourseError> {
    service.delete_rating(&caller, work, &if_match, id.0).await
}

fn restore_route() -> Route {
    own(post("/v1/ratings/{id}/restore", restore_rating))
        .summary("Restore a deleted rating")
        .describe("One's own; any, for those who run the school.")
        .versioned()
        .problem("not-deleted", 409, "The rating is not deleted.")
        .problem("already-rated", 409, "Its author has rated the course again meanwhile.")
}

async fn restore_rating(
    caller: Caller<CourseRate>,
    service: State<CoursesService>,
    work: UnitOfWork,
    id: PathId<RatingId>,
) -> Result<Committed<Rating>, CourseError> {
    service.restore_rating(&caller, work, id.0).await
}
